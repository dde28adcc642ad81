/** Sees slow statements, leaks and pressure while they happen. */
export type { Monitor, PoolHandle } from "./monitor.js";
export type { AlertSnapshot } from "./snapshot/alert-snapshot.js";
export type {
  CacheSnapshot,
  ConnectorSnapshot,
  HealthSnapshot,
  LockSnapshot,
  Recovery,
  StateChange,
} from "./snapshot/backend-snapshot.js";
export type { PoolDiff, PoolPressure, SnapshotDiff } from "./snapshot/diff.js";
export type { Distribution } from "./snapshot/distribution.js";
export type { ErrorSummary } from "./snapshot/error-summary.js";
export type { LeakSnapshot } from "./snapshot/leak-snapshot.js";
export type {
  HolderSnapshot,
  PoolActivity,
  PoolLimits,
  PoolNumbers,
  PoolPoint,
  PoolSeries,
  PoolSnapshot,
  PoolSums,
  SharedSnapshot,
} from "./snapshot/pool-snapshot.js";
export type { MonitorSnapshot } from "./snapshot/snapshot.js";
export type { SlowStatement, StatementSnapshot, StatementTable } from "./snapshot/statement-snapshot.js";
