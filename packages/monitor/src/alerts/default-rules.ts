import type { AlertRule } from "./rule.js";

/** Thresholds that hold for most services. A rule of yours of the same name takes the place of one. */
export const defaultRules: readonly AlertRule[] = Object.freeze([
  { name: "pool-exhausted", metric: "utilisation", above: 0.9, for: 5_000, severity: "critical" },
  { name: "slow-statements", metric: "slow-statements", above: 10, window: 60_000, severity: "critical" },
  { name: "errors", metric: "error-ratio", above: 0.05, window: 60_000, severity: "critical" },
  { name: "timeouts", metric: "timeouts", above: 100, window: 3_600_000, severity: "critical" },
  { name: "pool-busy", metric: "utilisation", above: 0.8, for: 5_000 },
  { name: "slow-wait", metric: "wait-max", above: 5_000 },
  { name: "slow-statement", metric: "statement-max", above: 1_000 },
  { name: "errors-rising", metric: "error-ratio", above: 0.01, window: 60_000, minCount: 100 },
  { name: "leak", metric: "open-leaks", above: 0, clearAfter: 0 },
] satisfies AlertRule[]);
