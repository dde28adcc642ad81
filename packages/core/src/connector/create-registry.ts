import { readCall, readClock } from "../arguments.js";
import { PoolError } from "../errors.js";
import { systemClock, type Clock } from "../time.js";
import type { Connector, ConnectorMap } from "./connector.js";
import { Registry } from "./registry.js";

/**
 * A registry of the connectors in `map`, each named by its key. They are not connected yet: {@link connectAll} does both.
 * @throws PoolError `INVALID_ARGUMENT` for a map, a name or a value that cannot be one
 */
export function createRegistry<M extends ConnectorMap<M> = Record<string, Connector>>(
  map?: M,
  options?: { clock?: Clock },
): Registry<M> {
  const { clock = systemClock } = readCall("createRegistry", options, ["clock"]);
  readClock("createRegistry: clock", clock);
  const registry = new Registry<M>(clock);
  const registered: string[] = [];
  try {
    for (const [name, connector] of entriesOf(map)) {
      registry.register(name, connector);
      registered.push(name);
    }
  } catch (error) {
    // The caller still has them, and may try again with a better map.
    for (const name of registered) registry.release(name);
    throw error;
  }
  return registry;
}

// `{ __proto__: connector }` sets the prototype: an entry that nobody would find.
function entriesOf(map: unknown): [string, Connector][] {
  if (map === undefined) return [];
  const prototype: unknown = typeof map === "object" && map !== null ? Object.getPrototypeOf(map) : undefined;
  if (prototype !== null && prototype !== Object.prototype) {
    throw new PoolError("INVALID_ARGUMENT", "the connectors must be given as a plain object from name to connector");
  }
  return Object.entries(map as Record<string, Connector>);
}
