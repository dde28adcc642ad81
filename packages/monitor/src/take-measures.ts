import type { Parts } from "./parts.js";
import { groupPools } from "./pools/census.js";
import { COUNTS, TIMES, type PoolBook } from "./pools/pool-book.js";
import type { MonitorMeasures, PoolMeasures, TimeMeasure } from "./snapshot/measures.js";

/** What the parts have counted. */
export function takeMeasures(parts: Parts): MonitorMeasures {
  const { books, clock, recorder, leaks, connectors, caches, locks, alerts } = parts;
  recorder.settle();
  const now = clock.now();
  const groups = groupPools();
  for (const name of groups.keys()) books.get(name);
  const pools = books.list().map((book): PoolMeasures => {
    book.settle(now);
    const group = groups.get(book.name);
    return {
      name: book.name,
      kind: group?.kind ?? book.kind,
      stats: group?.stats,
      openLeaks: leaks.openIn(book.name),
      counts: countsOf(book),
      errorsByClass: { ...book.errorsByClass },
      closedBy: { ...book.closedBy },
      times: timesOf(book),
    };
  });
  return {
    pools,
    connectors: connectors.list(),
    caches: caches.measure(),
    locks: locks.measure(),
    firing: alerts.snapshot().firing,
  };
}

function countsOf({ counts }: PoolBook): PoolMeasures["counts"] {
  return Object.fromEntries(COUNTS.map((name) => [name, counts[name].total])) as PoolMeasures["counts"]; // all names
}

function timesOf({ times }: PoolBook): PoolMeasures["times"] {
  const totals = TIMES.map((name): [string, TimeMeasure] => [name, times[name].total()]);
  return Object.fromEntries(totals) as PoolMeasures["times"]; // all names
}
