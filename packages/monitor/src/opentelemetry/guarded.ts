import { onEvent, type EventOf, type ListenedName } from "@pool/core";

/** Listens to one event. What an SDK throws at it the publisher does not hear of. */
export function onEventSafely<N extends ListenedName>(name: N, listener: (event: EventOf<N>) => void): Disposable {
  return onEvent(name, (event) => {
    try {
      listener(event);
    } catch {
      // A figure or a span is lost, and nothing else.
    }
  });
}

/** One disposable of several. */
export function together(parts: readonly Disposable[]): Disposable {
  return {
    [Symbol.dispose]: () => {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}
