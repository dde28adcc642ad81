export { recoveryPolicy, type RecoveryAction, type RecoveryPolicy } from "./policy.js";
export type { RecoveryOptions } from "./options.js";
export { withRecovery } from "./with-recovery.js";
export type { Recoverable, RecoveryAttempt, Work } from "./work.js";
