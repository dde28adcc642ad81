import { isPoolError, reasonOf, redactUrls, type ErrorClass } from "@pool/core";
import type { ErrorSummary } from "../snapshot/error-summary.js";

const LONGEST_READ = 4_000;
const LONGEST = 300;
// Messages of core that quote names, and no value. An adapter's may quote the backend.
const OURS: ReadonlySet<string> = new Set([
  "ACQUIRE_TIMEOUT",
  "QUEUE_FULL",
  "POOL_CLOSED",
  "CONNECT_TIMEOUT",
  "UNAVAILABLE",
  "LEASE_ENDED",
  "SELF_DEADLOCK",
  "NOT_CONNECTED",
  "QUERY_TIMEOUT",
  "COMMAND_TIMEOUT",
  "LOCK_TIMEOUT",
  "LOCK_LOST",
]);

/** What may be told of an error. Backends quote the values of a statement in their messages, so that what they quote is shown only where it is a name. */
export function summariseError(error: unknown, errorClass: ErrorClass): ErrorSummary {
  const message = redactUrls(reasonOf(error).slice(0, LONGEST_READ));
  const safe = isPoolError(error) && OURS.has(error.code) ? message : message.replace(QUOTED, maskQuoted);
  const short = safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe;
  return { code: codeOf(error), class: errorClass, message: short };
}

function codeOf(error: unknown): string | null {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  if (typeof code === "string" || typeof code === "number") return String(code).slice(0, 64);
  return typeof name === "string" && name !== "Error" ? name.slice(0, 64) : null;
}

// What names the thing whose name follows in quotes; at most so long that the pattern stays linear.
const QUOTED =
  /(\b(?:relation|table|column|constraint|index|function|type|schema|role|user|database|sequence|extension|operator|pool|connector|server|host) )?("[^"]*(?:"|$)|'[^']*(?:'|$))/gi;

function maskQuoted(_all: string, noun: string | undefined, quoted: string): string {
  return noun === undefined ? "?" : `${noun}${quoted}`;
}
