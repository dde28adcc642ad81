import type { PoolDiff, PoolPressure, SnapshotDiff } from "./snapshot/diff.js";
import type { PoolSnapshot, PoolSums } from "./snapshot/pool-snapshot.js";
import type { MonitorSnapshot } from "./snapshot/snapshot.js";

const COUNTED = [
  "acquired",
  "released",
  "timeouts",
  "refused",
  "created",
  "closed",
  "statements",
  "errors",
  "slow",
  "waitedMs",
  "heldMs",
  "busyMs",
  "openTransactions",
] as const satisfies readonly (keyof PoolSums & keyof PoolDiff)[];

/** What became of the pools from one snapshot of a monitor to a later one. Snapshots that went through JSON will do. */
export function diffSnapshots(before: MonitorSnapshot, after: MonitorSnapshot): SnapshotDiff {
  const earlier = new Map(before.pools.map((pool) => [pool.name, pool]));
  const later = new Map(after.pools.map((pool) => [pool.name, pool]));
  const known = new Set(before.leaks.map(({ id }) => id));
  return {
    elapsedMs: after.takenAt - before.takenAt,
    pools: [...new Set([...earlier.keys(), ...later.keys()])].map((name) =>
      diffPool(name, earlier.get(name), later.get(name)),
    ),
    newLeaks: after.leaks.filter(({ id, state }) => state === "open" && !known.has(id)).length,
  };
}

function diffPool(name: string, before: PoolSnapshot | undefined, after: PoolSnapshot | undefined): PoolDiff {
  // Of a pool that has closed meanwhile, nothing is known after the first snapshot.
  const end = after ?? before;
  const counts = COUNTED.map((count) => [count, (end?.sums[count] ?? 0) - (before?.sums[count] ?? 0)]);
  return {
    ...(Object.fromEntries(counts) as Pick<PoolDiff, (typeof COUNTED)[number]>), // all names
    name,
    before: pressureOf(before),
    after: pressureOf(after),
  };
}

function pressureOf(pool: PoolSnapshot | undefined): PoolPressure {
  if (pool === undefined) return { size: 0, leased: 0, idle: 0, waiting: 0 };
  const { size, leased, idle, waiting } = pool.stats;
  return { size, leased, idle, waiting };
}
