import type { MonitorSnapshot, PoolPoint, PoolSeries } from "@pool/monitor";

/** A pool over time, oldest first, as lists that grow at their end. */
export type History = { -readonly [K in keyof PoolPoint as K extends "time" ? "times" : K]: number[] };

// A quarter of an hour.
const LONGEST = 900;

/** What the server has kept of each pool, to go on with. */
export function historiesOf({ series }: MonitorSnapshot): Map<string, History> {
  return new Map(Object.entries(series).map(([name, one]) => [name, copy(one)]));
}

/** Adds a tick's points. A pool that is new begins here; one that is gone is forgotten. */
export function addPoints(histories: Map<string, History>, { points, pools }: MonitorSnapshot): void {
  for (const [name, point] of Object.entries(points)) {
    const history = histories.get(name) ?? empty();
    histories.set(name, history);
    // A stream that was opened within this second has it already.
    if (point.time <= (history.times.at(-1) ?? 0)) continue;
    for (const key of keys(history)) {
      history[key].push(key === "times" ? point.time : point[key]);
      if (history[key].length > LONGEST) history[key].shift();
    }
  }
  const alive = new Set(pools.map(({ name }) => name));
  for (const name of histories.keys()) if (!alive.has(name)) histories.delete(name);
}

export function empty(): History {
  return {
    times: [],
    leased: [],
    idle: [],
    waiting: [],
    limit: [],
    waitP95: [],
    waitP99: [],
    holdP95: [],
    holdP99: [],
    acquired: [],
    statements: [],
    errors: [],
    timeouts: [],
  };
}

function copy(series: PoolSeries): History {
  const history = empty();
  for (const key of keys(history)) history[key].push(...series[key]);
  return history;
}

function keys(history: History): (keyof History)[] {
  return Object.keys(history) as (keyof History)[]; // made by `empty`, with these and no others
}
