import type { Parts } from "./parts.js";
import { groupPools } from "./pools/census.js";
import { holdersOf } from "./pools/observe.js";
import { viewPool, viewShared } from "./pools/view-pool.js";
import type { HolderSnapshot } from "./snapshot/pool-snapshot.js";
import type { MonitorSnapshot } from "./snapshot/snapshot.js";

/** All that the parts know now. */
export function takeSnapshot(parts: Parts, startedAt: number, withSeries: boolean): MonitorSnapshot {
  const { books, clock, classifier, options, table, slow, leaks, alerts, connectors, caches, locks } = parts;
  parts.recorder.settle();
  const now = clock.now();
  const view = { now, windowMs: options.window, classifier };
  const groups = groupPools();
  const all = Array.from(groups.values(), (group) => {
    const book = books.get(group.name);
    book.settle(now);
    return { book, group, holders: holdersOf(parts, group, now) };
  });
  const lines = books.list().filter(({ name, lends, counts, statements }) => {
    return !groups.has(name) && !lends && counts.statements.total + statements > 0;
  });
  for (const book of lines) book.settle(now);
  const holderNow = (pool: string, leaseId: number): HolderSnapshot | undefined =>
    all.find(({ book }) => book.name === pool)?.holders.find((holder) => holder.leaseId === leaseId);
  return {
    takenAt: parts.timeOfDay(),
    startedAt,
    windowMs: options.window,
    slowAfter: Number.isFinite(options.slowAfter) ? options.slowAfter : Number.MAX_SAFE_INTEGER,
    pid: process.pid,
    pools: all
      .map(({ book, group, holders }) => viewPool(book, group, holders, view))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
    shared: lines.map((book) => viewShared(book, view)),
    statements: table.snapshot(),
    slowStatements: slow.list(),
    leaks: leaks.list(holderNow),
    alerts: alerts.snapshot(),
    connectors: connectors.list(),
    caches: caches.list(),
    locks: locks.list(),
    series: withSeries ? Object.fromEntries(all.map(({ book }) => [book.name, book.series.list()])) : {},
    points: Object.fromEntries(all.flatMap(({ book: { name, series } }) => (series.last ? [[name, series.last]] : []))),
  };
}
