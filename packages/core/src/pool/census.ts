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
  const { leased, tally, idle } = engine;
  return {
    pool: engine.name,
    maxSize: engine.limits.maxSize,
    size: engine.entries.size,
    leased,
    idle: idle.size,
    connecting: tally.connecting,
    waiting: engine.waiting,
    lastConnectError: engine.growing.lastError,
    holders: holdersOf(engine),
  };
}

export function statsOf<R>(engine: Engine<R>): PoolStats {
  const { state, generation, limits, entries, waiting, growing, totals } = engine;
  const { maxWaiting } = engine.options;
  const { maxSize, maxIdle, minIdle } = limits;
  const now = { size: entries.size, idle: engine.idle.size, leased: engine.leased, ...engine.tally, waiting };
  const { failures, lastError } = growing;
  const most = { maxSize, maxIdle, minIdle, maxWaiting };
  return { state, ...most, ...now, generation, failures, lastError, totals: totals.snapshot() };
}
