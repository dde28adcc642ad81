import type { CloseReason, ErrorClass, PoolStats } from "@pool/core";
import type { AlertSnapshot } from "./alert-snapshot.js";
import type { CacheSnapshot, ConnectorSnapshot, LockSnapshot } from "./backend-snapshot.js";

/** What exporters read: counts that only grow and times in buckets, all since the monitor was installed. */
export interface MonitorMeasures {
  /** Of every name that something was heard of, pools and shared lines. */
  readonly pools: readonly PoolMeasures[];
  readonly connectors: readonly ConnectorSnapshot[];
  readonly caches: readonly (CacheSnapshot & { readonly computeTime: TimeMeasure })[];
  readonly locks: readonly (LockSnapshot & { readonly waitTime: TimeMeasure; readonly holdTime: TimeMeasure })[];
  readonly firing: readonly AlertSnapshot[];
}

export interface PoolMeasures {
  readonly name: string;
  readonly kind: string;
  /** Undefined of a shared line, and of a pool that has closed. */
  readonly stats: PoolStats | undefined;
  readonly openLeaks: number;
  readonly counts: Readonly<
    Record<
      | "acquired"
      | "released"
      | "timeouts"
      | "refused"
      | "created"
      | "createFailed"
      | "closed"
      | "statements"
      | "errors"
      | "slow"
      | "openTransactions"
      | "leaks",
      number
    >
  >;
  readonly errorsByClass: Readonly<Record<ErrorClass, number>>;
  readonly closedBy: Readonly<Record<CloseReason, number>>;
  readonly times: Readonly<Record<"wait" | "hold" | "use" | "create" | "statement", TimeMeasure>>;
}

export interface TimeMeasure {
  readonly count: number;
  /** In ms. */
  readonly sum: number;
  /** How many took at most so many ms; exact for two significant digits. */
  countUpTo(ms: number): number;
}
