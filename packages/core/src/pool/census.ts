import type { Engine } from "./engine.js";
import { holdersAmong } from "./holders.js";
import type { Moment } from "./refusals.js";
import type { Holder, PoolStats } from "./stats.js";

/** Who holds what now, the longest hold first. */
export function holdersOf<R>(engine: Engine<R>): Holder[] {
  return holdersAmong(engine.entries, engine.factory, engine.refresh(), engine.exactNow());
}

/** The counts and holders that a refusal tells of. */
export function momentOf<R>(engine: Engine<R>): Moment {
  const { leased, idle, connecting } = engine.tally;
  return {
    pool: engine.name,
    maxSize: engine.limits.maxSize,
    size: engine.entries.size,
    leased,
    idle,
    connecting,
    waiting: engine.waiting,
    lastConnectError: engine.growing.lastError,
    holders: holdersOf(engine),
  };
}

export function statsOf<R>(engine: Engine<R>): PoolStats {
  const { state, generation, limits, entries, waiting, growing, totals } = engine;
  const { idle, leased, connecting, validating, resetting, closing } = engine.tally;
  const now = { size: entries.size, idle, leased, connecting, validating, resetting, closing, waiting };
  const { failures, lastError } = growing;
  return { state, ...limits, ...now, generation, failures, lastError, totals: totals.snapshot() };
}
