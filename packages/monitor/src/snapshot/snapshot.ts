import type { AlertSnapshot } from "./alert-snapshot.js";
import type { CacheSnapshot, ConnectorSnapshot, LockSnapshot } from "./backend-snapshot.js";
import type { LeakSnapshot } from "./leak-snapshot.js";
import type { PoolPoint, PoolSeries, PoolSnapshot, SharedSnapshot } from "./pool-snapshot.js";
import type { SlowStatement, StatementTable } from "./statement-snapshot.js";

/**
 * All that the monitor sees, at one moment. Fit for `JSON.stringify` and back without loss. Holds statement text with its literals replaced, of a
 * Redis or etcd call the command, and no values, addresses or credentials.
 */
export interface MonitorSnapshot {
  /** In ms since the epoch. */
  readonly takenAt: number;
  /** When the monitor was installed, in ms since the epoch. */
  readonly startedAt: number;
  /** How far back distributions and `recent` counts reach, in ms. */
  readonly windowMs: number;
  /** What counts as slow, in ms. */
  readonly slowAfter: number;
  readonly pid: number;
  /** By name. */
  readonly pools: readonly PoolSnapshot[];
  readonly shared: readonly SharedSnapshot[];
  readonly statements: StatementTable;
  /** The newest first, at most 100. */
  readonly slowStatements: readonly SlowStatement[];
  /** The open ones, oldest first; then those that ended, the newest first: at most 100. */
  readonly leaks: readonly LeakSnapshot[];
  readonly alerts: {
    /** The one that has fired longest first. */
    readonly firing: readonly AlertSnapshot[];
    /** The newest first, at most 100. */
    readonly resolved: readonly AlertSnapshot[];
  };
  readonly connectors: readonly ConnectorSnapshot[];
  readonly caches: readonly CacheSnapshot[];
  readonly locks: readonly LockSnapshot[];
  /** Over time, by the pool's name: the last minutes, a point a second. Empty in ticks and where it was not asked for. */
  readonly series: Readonly<Record<string, PoolSeries>>;
  /** The last point of each series. */
  readonly points: Readonly<Record<string, PoolPoint>>;
}
