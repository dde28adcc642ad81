import { CLOSE_REASONS, openPools, type CloseReason, type Pool, type PoolStats, type PoolTotals } from "@pool/core";

/** The open pools of one name. */
export interface PoolGroup {
  readonly name: string;
  readonly kind: string;
  readonly pools: readonly Pool<unknown>[];
  /** Added up over the pools. */
  readonly stats: PoolStats;
}

/** What is open now, by name. */
export function groupPools(): Map<string, PoolGroup> {
  const byName = new Map<string, Pool<unknown>[]>();
  for (const pool of openPools()) {
    const same = byName.get(pool.name);
    if (same === undefined) byName.set(pool.name, [pool]);
    else same.push(pool);
  }
  return new Map(
    Array.from(byName, ([name, pools]) => [
      name,
      { name, kind: pools[0]?.kind ?? "", pools, stats: pools.map(({ stats }) => stats).reduce(addStats) },
    ]),
  );
}

const SUMMED = [
  "maxSize",
  "maxIdle",
  "minIdle",
  "maxWaiting",
  "size",
  "idle",
  "leased",
  "connecting",
  "validating",
  "resetting",
  "closing",
  "waiting",
] as const satisfies readonly (keyof PoolStats)[];

function addStats(one: PoolStats, other: PoolStats): PoolStats {
  const sums = Object.fromEntries(SUMMED.map((name) => [name, one[name] + other[name]])) as Pick<
    PoolStats,
    (typeof SUMMED)[number]
  >; // all names
  return {
    ...one,
    ...sums,
    state: one.state === "open" || other.state === "open" ? "open" : one.state,
    generation: Math.max(one.generation, other.generation),
    failures: Math.max(one.failures, other.failures),
    lastError: one.lastError ?? other.lastError,
    totals: addTotals(one.totals, other.totals),
  };
}

function addTotals(one: PoolTotals, other: PoolTotals): PoolTotals {
  const { closedBy, ...counts } = one;
  const sums = Object.entries(counts).map(([name, count]) => [name, count + other[name as keyof typeof counts]]);
  const reasons = CLOSE_REASONS.map((reason) => [reason, closedBy[reason] + other.closedBy[reason]]);
  return {
    ...(Object.fromEntries(sums) as typeof counts), // the same names
    closedBy: Object.fromEntries(reasons) as Record<CloseReason, number>, // all reasons
  };
}
