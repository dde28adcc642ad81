import type { Waiter } from "./wait-queue.js";

interface Watch<R> {
  readonly waiters: Set<Waiter<R>>;
  readonly listener: () => void;
}

/** The abort signals of those who wait: one listener for each signal, since adding one to a signal that has a thousand costs 13 µs. */
export class Signals<R> {
  readonly #watches = new Map<AbortSignal, Watch<R>>();
  readonly #onAbort: (waiters: Iterable<Waiter<R>>, reason: unknown) => void;

  constructor(onAbort: (waiters: Iterable<Waiter<R>>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  add(signal: AbortSignal, waiter: Waiter<R>): void {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      const waiters = new Set<Waiter<R>>();
      const listener = (): void => {
        this.#watches.delete(signal);
        this.#onAbort(waiters, signal.reason);
      };
      watch = { waiters, listener };
      this.#watches.set(signal, watch);
      signal.addEventListener("abort", listener, { once: true });
    }
    watch.waiters.add(waiter);
  }

  remove(signal: AbortSignal, waiter: Waiter<R>): void {
    const watch = this.#watches.get(signal);
    if (watch?.waiters.delete(waiter) !== true || watch.waiters.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.listener);
  }
}
