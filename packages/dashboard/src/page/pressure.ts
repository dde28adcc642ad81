import type { MonitorSnapshot, PoolSnapshot } from "@pool/monitor";

/** How a pool fares, in one word; the worst that holds. */
export type Condition = "closed" | "draining" | "unreachable" | "starved" | "busy" | "calm";

export function conditionOf({ stats, recent, utilisation }: PoolSnapshot): Condition {
  if (stats.state !== "open") return stats.state;
  if (stats.failures > 0) return "unreachable";
  if (stats.waiting > 0 || recent.timeouts > 0 || recent.refused > 0) return "starved";
  return utilisation >= 0.8 ? "busy" : "calm";
}

/** What a condition is called on the page; nothing where nothing is to be said. */
export const CONDITION_NAMES: Readonly<Record<Condition, string>> = {
  closed: "closed",
  draining: "draining",
  unreachable: "last connect failed",
  starved: "callers wait",
  busy: "nearly full",
  calm: "",
};

/** A number that is higher the more somebody should look at a pool. */
export function pressureOf(pool: PoolSnapshot): number {
  const { stats, recent, utilisation } = pool;
  const failing = stats.failures > 0 ? 8 : 0;
  const turnedAway = recent.timeouts + recent.refused > 0 ? 2 : 0;
  const waiting = stats.waiting > 0 ? 2 + Math.min(2, stats.waiting / Math.max(1, stats.maxSize)) : 0;
  return failing + turnedAway + waiting + utilisation;
}

/** All pools together, as the strip at the top shows them. */
export function sumUp({ pools, leaks, alerts }: MonitorSnapshot) {
  const sum = (of: (pool: PoolSnapshot) => number): number => pools.reduce((all, pool) => all + of(pool), 0);
  const statements = sum(({ recent }) => recent.statements);
  return {
    leased: sum(({ stats }) => stats.leased),
    limit: sum(({ stats }) => stats.maxSize),
    waiting: sum(({ stats }) => stats.waiting),
    timeouts: sum(({ recent }) => recent.timeouts),
    refused: sum(({ recent }) => recent.refused),
    statements,
    slow: sum(({ recent }) => recent.slow),
    errorRatio: statements === 0 ? 0 : sum(({ recent }) => recent.errors) / statements,
    leaks: leaks.filter(({ state }) => state === "open").length,
    alerts: alerts.firing.length,
  };
}
