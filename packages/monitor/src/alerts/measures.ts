import type { PoolStats } from "@pool/core";
import type { PoolBook } from "../pools/pool-book.js";

/** What the rules look at, of one pool. */
export interface Subject {
  readonly book: PoolBook;
  /** Undefined of a line that all callers share. */
  readonly stats: PoolStats | undefined;
  readonly openLeaks: number;
}

interface Query {
  readonly window: number;
  readonly minCount: number;
}

interface Metric {
  readonly unit: "ratio" | "ms" | "count";
  /** How it reads in a message: `use of pool "main" is 0.95`. */
  readonly noun: string;
  read(subject: Subject, query: Query, now: number): number;
}

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** What a rule may look at. */
export const METRICS = {
  utilisation: { unit: "ratio", noun: "use", read: ({ stats }) => (stats ? share(stats.leased, stats.maxSize) : 0) },
  waiting: { unit: "count", noun: "the number of callers that wait", read: ({ stats }) => stats?.waiting ?? 0 },
  "wait-max": {
    unit: "ms",
    noun: "the longest wait",
    read: ({ book }) => Math.max(book.times.wait.max, book.timedOut.max),
  },
  "wait-p95": { unit: "ms", noun: "the 95th percentile of waits", read: ({ book }) => book.times.wait.summarise().p95 },
  "hold-p95": { unit: "ms", noun: "the 95th percentile of holds", read: ({ book }) => book.times.hold.summarise().p95 },
  "statement-max": { unit: "ms", noun: "the slowest statement", read: ({ book }) => book.times.statement.max },
  "statement-p95": {
    unit: "ms",
    noun: "the 95th percentile of statements",
    read: ({ book }) => book.times.statement.summarise().p95,
  },
  "slow-statements": {
    unit: "count",
    noun: "the number of slow statements",
    read: ({ book }, { window }, now) => book.counts.slow.within(window, now),
  },
  "error-ratio": {
    unit: "ratio",
    noun: "the share of statements that fail",
    read: ({ book }, { window, minCount }, now) => {
      const statements = book.counts.statements.within(window, now);
      return statements < minCount ? 0 : share(book.counts.errors.within(window, now), statements);
    },
  },
  timeouts: {
    unit: "count",
    noun: "the number of acquire timeouts",
    read: ({ book }, { window }, now) => book.counts.timeouts.within(window, now),
  },
  refused: {
    unit: "count",
    noun: "the number of callers turned away",
    read: ({ book }, { window }, now) => book.counts.refused.within(window, now),
  },
  "create-failures": {
    unit: "count",
    noun: "the number of failed connects",
    read: ({ book }, { window }, now) => book.counts.createFailed.within(window, now),
  },
  "open-leaks": { unit: "count", noun: "the number of leaks", read: ({ openLeaks }) => openLeaks },
} as const satisfies Record<string, Metric>;

export type AlertMetric = keyof typeof METRICS;

/** A value as people read it. */
export function formatValue(value: number, unit: "ratio" | "ms" | "count"): string {
  if (unit === "ratio") return `${String(Math.round(value * 1000) / 10)} %`;
  return unit === "ms" ? `${String(Math.round(value))} ms` : String(value);
}
