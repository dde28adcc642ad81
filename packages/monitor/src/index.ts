/** Sees slow statements, leaks and pressure while they happen. */
export { defaultRules } from "./alerts/default-rules.js";
export type { AlertMetric } from "./alerts/measures.js";
export { readRule, ruleOptions, type AlertRule } from "./alerts/rule.js";
export type { AlertSink } from "./alerts/sink.js";
export { webhook, webhookOptions, type WebhookOptions } from "./alerts/webhook.js";
export { diffSnapshots } from "./diff-snapshots.js";
export type { ChromeTrace } from "./flight/chrome-trace.js";
export type { TraceEvent } from "./flight/trace-rows.js";
export type { Logger } from "./logging/logger.js";
export type { Monitor, PoolHandle } from "./monitor.js";
export { monitorOptions } from "./option-table.js";
export type { MonitorOptions } from "./options.js";
export { watch } from "./watch.js";
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
export type { MonitorMeasures, PoolMeasures, TimeMeasure } from "./snapshot/measures.js";
export type { MonitorSnapshot } from "./snapshot/snapshot.js";
export { fingerprintOf, type Fingerprint } from "./statements/fingerprint.js";
export type { SentStatement, SlowStatement, StatementSnapshot, StatementTable } from "./snapshot/statement-snapshot.js";
