/** Why a resource was closed. */
export type CloseReason = (typeof CLOSE_REASONS)[number];

export const CLOSE_REASONS = [
  "lost",
  "destroyed",
  "dropped",
  "reclaimed",
  "fatal-error",
  "busy-at-release",
  "validate-failed",
  "reset-failed",
  "idle-timeout",
  "max-lifetime",
  "max-uses",
  "max-idle",
  "evicted",
  "resized",
  "abandoned",
  "pool-closed",
] as const;

/** Reasons after which work may still be running, so that nothing polite can be sent. */
export const ABRUPT: ReadonlySet<CloseReason> = new Set<CloseReason>([
  "lost",
  "destroyed",
  "dropped",
  "reclaimed",
  "fatal-error",
  "busy-at-release",
  "validate-failed",
  "reset-failed",
  "abandoned",
]);
