import type { ConnectorState, ErrorClass } from "@pool/core";
import type { Distribution } from "./distribution.js";
import type { ErrorSummary } from "./error-summary.js";

export interface ConnectorSnapshot {
  readonly name: string;
  readonly kind: string;
  readonly state: ConnectorState;
  readonly isConnected: boolean;
  /** When it came into this state, in ms since the epoch; `null` when that was before the monitor was installed. */
  readonly since: number | null;
  /** `null` where the adapter cannot tell. */
  readonly connections: number | null;
  /** Numbers of the moment that are no pool's, by name. */
  readonly gauges: Readonly<Record<string, number>>;
  /** The last health check that the monitor has seen. */
  readonly health: HealthSnapshot | null;
  /** Changes of state, the newest first, at most 50. */
  readonly history: readonly StateChange[];
  /** What recovery did about errors, the newest first, at most 50. */
  readonly recoveries: readonly Recovery[];
}

export interface HealthSnapshot {
  readonly healthy: boolean;
  readonly latencyMs: number;
  /** In ms since the epoch. */
  readonly checkedAt: number;
  readonly error: ErrorSummary | null;
}

export interface StateChange {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly cause: ErrorSummary | null;
}

export interface Recovery {
  readonly at: number;
  readonly errorClass: ErrorClass;
  readonly action: "reconnect" | "retry" | "fallback" | "alarm" | "fail";
  readonly attempt: number;
  readonly cause: ErrorSummary | null;
}

export interface CacheSnapshot {
  readonly name: string;
  /** Since the monitor was installed. */
  readonly hits: number;
  readonly stale: number;
  readonly negative: number;
  readonly misses: number;
  readonly shared: number;
  /** Answered without work, from 0 to 1; 0 before the first get. */
  readonly hitRatio: number;
  /** The work behind entries, over the window. */
  readonly compute: Distribution;
  readonly computeErrors: number;
  /** Entries that could not be read, or values that could not be written. */
  readonly unreadable: number;
  readonly stores: readonly {
    readonly store: string;
    readonly state: "away" | "back";
    readonly at: number;
    readonly cause: ErrorSummary | null;
  }[];
}

/** All locks of one kind of backend. Keys are not kept, since there may be any number. */
export interface LockSnapshot {
  readonly kind: string;
  /** Held now by this process, of those taken since the monitor was installed. */
  readonly held: number;
  readonly acquired: number;
  /** Waits that ended without the lock. */
  readonly failed: number;
  readonly lost: number;
  /** Until the lock was held, over the window. */
  readonly wait: Distribution;
  readonly hold: Distribution;
}
