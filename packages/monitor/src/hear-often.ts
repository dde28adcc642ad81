import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { EventOf } from "@pool/core";
import type { HotEvents } from "./flight/event-rows.js";
import type { Ears } from "./listen.js";
import type { Parts } from "./parts.js";

type OftenName = keyof HotEvents | "pool:statement:anywhere" | "pool:release:anywhere";

/**
 * Listens to what comes with every statement, until disposed. What stands between a channel and the row that an event becomes is written out for each:
 * a call of a function that was handed in costs as much as writing the row.
 */
export function hearOften(
  { traces }: Parts,
  { pools, statements }: Ears,
  onFailure: (error: unknown) => void,
): Disposable {
  const leases = hear("pool:lease", (event) => {
    try {
      pools.lease(event);
    } catch (error) {
      onFailure(error);
    }
  });
  const inContext = (): Disposable[] => [
    hear("pool:statement", (event) => {
      try {
        statements.statementInContext(event);
      } catch (error) {
        onFailure(error);
      }
    }),
    hear("pool:release", (event) => {
      try {
        pools.releaseInContext(event);
      } catch (error) {
        onFailure(error);
      }
    }),
  ];
  const anywhere = (): Disposable[] => [
    hear("pool:statement:anywhere", (event) => {
      try {
        statements.statement(event);
      } catch (error) {
        onFailure(error);
      }
    }),
    hear("pool:release:anywhere", (event) => {
      try {
        pools.release(event);
      } catch (error) {
        onFailure(error);
      }
    }),
  ];
  let ends: Disposable[] = [];
  const hearEnds = (next: Disposable[]): void => {
    for (const listener of ends) listener[Symbol.dispose]();
    ends = next;
  };
  // Only where somebody can tell to which trace a statement belongs does it matter in whose async context it is heard, which costs each a promise.
  const choose = (): void => hearEnds(traces.isOn ? inContext() : anywhere());
  traces.onSwitch(choose);
  choose();
  return {
    [Symbol.dispose]: () => {
      traces.onSwitch(() => undefined);
      hearEnds([]);
      leases[Symbol.dispose]();
    },
  };
}

/** Of `onEvent`, without the function that it puts between. */
function hear<N extends OftenName>(name: N, listener: (event: EventOf<N>) => void): Disposable {
  const heard = listener as (event: unknown) => void; // the name tells the type of what is published
  subscribe(name, heard);
  return { [Symbol.dispose]: () => void unsubscribe(name, heard) };
}
