/**
 * Why a resource is closed, and whether that is abrupt: work may still be running on it, or it is not known to answer, so that nothing polite
 * can be sent.
 */
const ABRUPT = {
  lost: true,
  destroyed: true,
  dropped: true,
  reclaimed: true,
  "fatal-error": true,
  "busy-at-release": true,
  "validate-failed": true,
  "reset-failed": true,
  "hook-refused": false,
  "idle-timeout": false,
  "max-lifetime": false,
  "max-uses": false,
  "max-idle": false,
  evicted: false,
  resized: false,
  abandoned: true,
  "pool-closed": false,
} as const;

/** Why a resource was closed. */
export type CloseReason = keyof typeof ABRUPT;

export const CLOSE_REASONS = Object.keys(ABRUPT) as readonly CloseReason[]; // the table has them all, and nothing else

export function isAbrupt(reason: CloseReason): boolean {
  return ABRUPT[reason];
}
