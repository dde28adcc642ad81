import type { ErrorClass, PoolStats } from "@pool/core";
import type { Distribution } from "./distribution.js";
import type { ErrorSummary } from "./error-summary.js";

/** A pool as its numbers stood at one moment. Pools of one name are shown as one, with their counts added up. */
export interface PoolSnapshot {
  readonly name: string;
  readonly kind: string;
  /** How many open pools have this name, at least one. */
  readonly instances: number;
  /** Core's own stats of the moment, and its totals since the pool was made. */
  readonly stats: PoolNumbers;
  readonly limits: PoolLimits;
  /** `leased` against `maxSize`, from 0 to 1. */
  readonly utilisation: number;
  /** Of acquires that got a lease, over the window. */
  readonly wait: Distribution;
  /** From the loan to the return. */
  readonly hold: Distribution;
  /** The part of each hold in which a statement ran. */
  readonly use: Distribution;
  /** Of resources that were opened. */
  readonly create: Distribution;
  /** Of statements. */
  readonly statement: Distribution;
  /** What happened within the window. */
  readonly recent: PoolActivity;
  /** What happened since the monitor was installed. */
  readonly sums: PoolSums;
  /** Oldest first, at most 100 of them. */
  readonly holders: readonly HolderSnapshot[];
  /** The holders in a transaction, the one open longest first. */
  readonly transactions: readonly HolderSnapshot[];
}

/** Core's {@link PoolStats}, fit for JSON. */
export type PoolNumbers = Omit<PoolStats, "lastError"> & { readonly lastError: ErrorSummary | null };

/** `null` is no limit. */
export interface PoolLimits {
  readonly maxSize: number;
  readonly maxIdle: number;
  readonly minIdle: number;
  readonly maxWaiting: number | null;
}

export interface PoolActivity {
  readonly acquired: number;
  readonly timeouts: number;
  /** Turned away at once: queue full, backend down, pool closed, self-deadlock. */
  readonly refused: number;
  readonly created: number;
  readonly createFailed: number;
  readonly closed: number;
  readonly statements: number;
  /** Statements that failed. */
  readonly errors: number;
  /** Statements slower than `slowAfter`. */
  readonly slow: number;
}

export interface PoolSums extends PoolActivity {
  readonly released: number;
  readonly waitedMs: number;
  readonly heldMs: number;
  readonly busyMs: number;
  readonly statementMs: number;
  readonly rows: number;
  readonly openTransactions: number;
  readonly leaks: number;
  readonly errorsByClass: Readonly<Record<ErrorClass, number>>;
}

/** Who holds a resource now: core's `Holder`, fit for JSON. */
export interface HolderSnapshot {
  readonly leaseId: number;
  readonly resourceId: number;
  readonly label: string | null;
  readonly heldMs: number;
  /** Milliseconds of that in which a statement ran. */
  readonly busyMs: number;
  /** With its literals replaced. */
  readonly lastStatement: string | null;
  /** `null` where the backend cannot tell. */
  readonly inTransaction: boolean | null;
  /** How long its transaction has been seen open, looked at once a second; `null` without one. */
  readonly transactionMs: number | null;
  /** The stack of the acquire, where the pool's `stacks` option took one. */
  readonly acquiredAt: string | null;
  /** Of OpenTelemetry, where it is in use. */
  readonly traceId: string | null;
  /** It is among the open leaks. */
  readonly leak: boolean;
}

/** Connections that all callers share: statements run on them, and nothing is lent. */
export interface SharedSnapshot {
  readonly name: string;
  readonly statement: Distribution;
  readonly recent: Pick<PoolActivity, "statements" | "errors" | "slow">;
  readonly sums: Pick<PoolSums, "statements" | "errors" | "slow" | "statementMs" | "rows" | "errorsByClass">;
}

/** One pool over time, a point a step, the oldest first. Every list has the length of `times`. */
export interface PoolSeries {
  readonly stepMs: number;
  /** In ms since the epoch. */
  readonly times: readonly number[];
  readonly leased: readonly number[];
  readonly idle: readonly number[];
  readonly waiting: readonly number[];
  /** `maxSize` at that time. */
  readonly limit: readonly number[];
  /** Of the waits and holds that ended within the step, in ms; 0 when none did. */
  readonly waitP95: readonly number[];
  readonly waitP99: readonly number[];
  readonly holdP95: readonly number[];
  readonly holdP99: readonly number[];
  /** Within the step. */
  readonly acquired: readonly number[];
  readonly statements: readonly number[];
  readonly errors: readonly number[];
  readonly timeouts: readonly number[];
}

/** One point of a {@link PoolSeries}: the last one, in a tick. */
export type PoolPoint = Readonly<Record<"time" | Exclude<keyof PoolSeries, "stepMs" | "times">, number>>;
