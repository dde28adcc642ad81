import { askForStatementValues, onEvent, type EventOf, type ListenedName } from "@pool/core";
import { BackendEar } from "./hear-backends.js";
import { hearOften } from "./hear-often.js";
import type { PoolEar } from "./hear-pools.js";
import type { StatementEar } from "./hear-statements.js";
import type { Parts } from "./parts.js";

/** The ears for each group of events. */
export interface Ears {
  readonly pools: PoolEar;
  readonly statements: StatementEar;
}

/**
 * Starts to listen, until disposed. What goes wrong in a listener is told to `onFailure` and to nobody else: the publisher, and with it the service,
 * does not hear of it.
 */
export function listen(parts: Parts, { pools, statements }: Ears, onFailure: (error: unknown) => void): Disposable {
  const listeners: Disposable[] = [];
  const hear = <N extends ListenedName>(name: N, listener: (event: EventOf<N>) => void): void => {
    const guarded = (event: EventOf<N>): void => {
      try {
        listener(event);
      } catch (error) {
        onFailure(error);
      }
    };
    listeners.push(onEvent(name, guarded));
  };
  const { clock, connectors, caches, locks, options, timeOfDay } = parts;
  if (options.values) listeners.push(askForStatementValues());
  const backends = new BackendEar(parts);
  listeners.push(hearOften(parts, { pools, statements }, onFailure));
  hear("pool:create:start", (event) => pools.createStarts(event));
  hear("pool:create", (event) => pools.created(event));
  hear("pool:close", (event) => pools.close(event));
  hear("pool:timeout", (event) => pools.timeout(event));
  hear("pool:refuse", (event) => pools.refuse(event));
  hear("pool:leak", (event) => pools.leak(event));
  hear("pool:state", (event) => pools.state(event));
  hear("connector:state", (event) => backends.state(event));
  hear("connector:recovery", (event) => backends.recovery(event));
  hear("connector:health:start", (event) => connectors.checkStarts(event, clock.now()));
  hear("connector:health", (event) => connectors.checked(event, clock.now(), timeOfDay()));
  hear("cache:get", (event) => caches.got(event));
  hear("cache:compute:start", (event) => caches.computeStarts(event, clock.now()));
  hear("cache:compute", (event) => caches.computed(event, clock.now()));
  hear("cache:unreadable", (event) => caches.unreadable(event));
  hear("cache:store", (event) => caches.storeChanged(event, timeOfDay()));
  hear("lock:acquire:start", (event) => locks.waitStarts(event, clock.now()));
  hear("lock:acquire", (event) => locks.waited(event, clock.now()));
  hear("lock:release", (event) => locks.released(event));
  hear("lock:lost", (event) => locks.lost(event));
  return {
    [Symbol.dispose]: () => {
      for (const listener of listeners.splice(0)) listener[Symbol.dispose]();
    },
  };
}
