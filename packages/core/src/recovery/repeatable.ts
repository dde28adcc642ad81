import type { ErrorClass } from "../error-class.js";
import { isPoolError, type PoolError } from "../errors.js";

// Wrapped deeper than this an error is not looked for, so that a chain that bites its tail ends.
const DEEPEST_CAUSE = 8;
const NEVER_SENT = new Set<string>([
  "ACQUIRE_TIMEOUT",
  "QUEUE_FULL",
  "UNAVAILABLE",
  "CONNECT_FAILED",
  "CONNECT_TIMEOUT",
  "NOT_CONNECTED",
  "HOOK_REFUSED",
]);

/**
 * May work that failed so be run again? Never when a commit's outcome is unknown. Else when the caller says that it is idempotent, and when the error
 * proves that nothing was done: it was never sent, or the backend has refused or undone it whole.
 */
export function isRepeatable(error: unknown, errorClass: ErrorClass, idempotent: boolean | undefined): boolean {
  const ours = poolErrorsOf(error);
  if (ours.some(({ code }) => code === "OUTCOME_UNKNOWN")) return false;
  if (idempotent !== undefined) return idempotent;
  const [outermost] = ours;
  const sent = outermost?.details.sent;
  if (typeof sent === "boolean") return !sent;
  return errorClass === "transient" || (outermost !== undefined && NEVER_SENT.has(outermost.code));
}

function poolErrorsOf(error: unknown): PoolError[] {
  const found: PoolError[] = [];
  for (let link = error, depth = 0; link !== undefined && depth < DEEPEST_CAUSE; depth++) {
    if (isPoolError(link)) found.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return found;
}
