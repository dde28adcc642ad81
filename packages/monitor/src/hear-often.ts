import { onEvent } from "@pool/core";
import type { Ears } from "./listen.js";
import type { Parts } from "./parts.js";

/**
 * Listens to what comes with every statement, until disposed. What stands between a channel and the row that an event becomes is written out for each:
 * a call of a function that was handed in costs as much as writing the row.
 */
export function hearOften(
  { traces }: Parts,
  { pools, statements }: Ears,
  onFailure: (error: unknown) => void,
): Disposable {
  const leases = onEvent("pool:lease", (event) => {
    try {
      pools.lease(event);
    } catch (error) {
      onFailure(error);
    }
  });
  const inContext = (): Disposable[] => [
    onEvent("pool:statement", (event) => {
      try {
        statements.statementInContext(event);
      } catch (error) {
        onFailure(error);
      }
    }),
    onEvent("pool:release", (event) => {
      try {
        pools.releaseInContext(event);
      } catch (error) {
        onFailure(error);
      }
    }),
  ];
  const anywhere = (): Disposable[] => [
    onEvent("pool:statement:anywhere", (event) => {
      try {
        statements.statement(event);
      } catch (error) {
        onFailure(error);
      }
    }),
    onEvent("pool:release:anywhere", (event) => {
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
  const hear = (): void => hearEnds(traces.isOn ? inContext() : anywhere());
  traces.onSwitch(hear);
  hear();
  return {
    [Symbol.dispose]: () => {
      traces.onSwitch(() => undefined);
      hearEnds([]);
      leases[Symbol.dispose]();
    },
  };
}
