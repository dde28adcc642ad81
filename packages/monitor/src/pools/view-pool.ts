import type { PoolStats } from "@pool/core";
import type { Classifier } from "../errors/classifier.js";
import { summariseError } from "../errors/summarise-error.js";
import type {
  HolderSnapshot,
  PoolActivity,
  PoolNumbers,
  PoolSnapshot,
  PoolSums,
  SharedSnapshot,
} from "../snapshot/pool-snapshot.js";
import type { PoolGroup } from "./census.js";
import type { CountName, PoolBook } from "./pool-book.js";

const HOLDERS_SHOWN = 100;

export interface ViewOptions {
  readonly now: number;
  readonly windowMs: number;
  readonly classifier: Classifier;
}

const ACTIVITY = [
  "acquired",
  "timeouts",
  "refused",
  "created",
  "createFailed",
  "closed",
  "statements",
  "errors",
  "slow",
] as const satisfies readonly CountName[];

/** One pool as it stands. `group` is undefined when no pool of that name is open any more. */
export function viewPool(
  book: PoolBook,
  group: PoolGroup,
  holders: readonly HolderSnapshot[],
  options: ViewOptions,
): PoolSnapshot {
  const { stats } = group;
  const { maxSize, maxIdle, minIdle, maxWaiting } = stats;
  const transactions = holders.filter(({ transactionMs }) => transactionMs !== null);
  return {
    name: book.name,
    kind: group.kind,
    instances: group.pools.length,
    stats: numbersOf(book.name, stats, options.classifier),
    limits: { maxSize, maxIdle, minIdle, maxWaiting: Number.isFinite(maxWaiting) ? maxWaiting : null },
    utilisation: maxSize > 0 ? Math.min(1, stats.leased / maxSize) : 0,
    wait: book.times.wait.summarise(),
    hold: book.times.hold.summarise(),
    use: book.times.use.summarise(),
    create: book.times.create.summarise(),
    statement: book.times.statement.summarise(),
    recent: activityOf(book, options),
    sums: sumsOf(book),
    holders: holders.slice(0, HOLDERS_SHOWN),
    transactions: transactions.toSorted((one, other) => (other.transactionMs ?? 0) - (one.transactionMs ?? 0)),
  };
}

/** A line that all callers share. */
export function viewShared(book: PoolBook, options: ViewOptions): SharedSnapshot {
  const { statements, errors, slow } = activityOf(book, options);
  const sums = sumsOf(book);
  const { statementMs, rows, errorsByClass } = sums;
  return {
    name: book.name,
    statement: book.times.statement.summarise(),
    recent: { statements, errors, slow },
    sums: { statements: sums.statements, errors: sums.errors, slow: sums.slow, statementMs, rows, errorsByClass },
  };
}

function numbersOf(pool: string, stats: PoolStats, classifier: Classifier): PoolNumbers {
  const { lastError } = stats;
  const told = lastError === undefined ? null : summariseError(lastError, classifier.classify(pool, lastError));
  const { maxWaiting, ...numbers } = stats;
  // JSON knows no Infinity; `limits` tells it apart.
  return {
    ...numbers,
    maxWaiting: Number.isFinite(maxWaiting) ? maxWaiting : Number.MAX_SAFE_INTEGER,
    lastError: told,
  };
}

function activityOf({ counts }: PoolBook, { now, windowMs }: ViewOptions): PoolActivity {
  return Object.fromEntries(ACTIVITY.map((name) => [name, counts[name].within(windowMs, now)])) as Record<
    (typeof ACTIVITY)[number],
    number
  >; // all names
}

function sumsOf({ counts, times, rows, errorsByClass }: PoolBook): PoolSums {
  const totals = Object.fromEntries(Object.entries(counts).map(([name, { total }]) => [name, total])) as Record<
    CountName,
    number
  >; // all names
  const [waitedMs, heldMs, busyMs, statementMs] = [times.wait, times.hold, times.use, times.statement].map(
    (timing) => timing.sum,
  ) as [number, number, number, number];
  return { ...totals, waitedMs, heldMs, busyMs, statementMs, rows, errorsByClass: { ...errorsByClass } };
}
