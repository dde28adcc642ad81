import { isPoolError, PoolError } from "./errors.js";

/**
 * What kind of trouble an error tells of, whatever the backend: for policies, metrics and alarms.
 *
 * `connection` the line or the server is gone, or was never there · `transient` the backend has refused or undone it whole and asks to try again
 * (serialization failure, deadlock, failover under way): nothing of it was done, and what may have been done is `connection` or `timeout` · `constraint` the data says no · `syntax` the statement is wrong, in this form for ever · `timeout` a limit of ours or the
 * backend's is over · `auth` refused as who we are · `overload` too much at once, here or there · `unknown` the rest.
 */
export const ERROR_CLASSES = [
  "connection",
  "transient",
  "constraint",
  "syntax",
  "timeout",
  "auth",
  "overload",
  "unknown",
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** What an adapter knows of its driver's errors; undefined for those it does not know. */
export type Classify = (error: unknown) => ErrorClass | undefined;

const BY_CODE: Readonly<Record<string, ErrorClass>> = {
  ACQUIRE_TIMEOUT: "overload",
  QUEUE_FULL: "overload",
  LOCK_TIMEOUT: "timeout",
  CONNECT_TIMEOUT: "timeout",
  QUERY_TIMEOUT: "timeout",
  COMMAND_TIMEOUT: "timeout",
  CONNECT_FAILED: "connection",
  UNAVAILABLE: "connection",
  VALIDATE_FAILED: "connection",
  RESOURCE_LOST: "connection",
  OUTCOME_UNKNOWN: "connection",
  NOT_CONNECTED: "connection",
  POOL_CLOSED: "connection",
  // The call is wrong, and will be again.
  INVALID_ARGUMENT: "syntax",
  INVALID_OPTIONS: "syntax",
  LEASE_ENDED: "syntax",
  TRANSACTION_OPEN: "syntax",
  TRANSACTION_ENDED: "syntax",
  TRANSACTION_BUSY: "syntax",
  SESSION_ENDED: "syntax",
  SESSION_BUSY: "syntax",
  // Of Node's sockets and resolver.
  ECONNREFUSED: "connection",
  ECONNRESET: "connection",
  ECONNABORTED: "connection",
  EPIPE: "connection",
  ENOTFOUND: "connection",
  EAI_AGAIN: "connection",
  EHOSTUNREACH: "connection",
  ENETUNREACH: "connection",
  ENETDOWN: "connection",
  EHOSTDOWN: "connection",
  ETIMEDOUT: "timeout",
  EMFILE: "overload",
  ENFILE: "overload",
};

// Wrapped deeper than this an error is not looked for, so that a chain that bites its tail ends.
const DEEPEST_CAUSE = 8;

/**
 * The class of an error. The adapter's own word on any error of the chain of causes comes first, since it knows why a connect failed; then
 * our codes and Node's, the outermost first. Never throws.
 */
export function classifyError(error: unknown, own?: Classify): ErrorClass {
  const chain = [...causesOf(error)];
  for (const link of chain) {
    const said = own === undefined ? undefined : saidBy(own, link);
    if (said !== undefined) return said;
  }
  const known = chain.flatMap((link) => byCode((link as { readonly code?: unknown }).code));
  // A wait for a backend that is away says so in its cause.
  const [outermost = "unknown", inner = outermost] = known;
  return isPoolError(error, "ACQUIRE_TIMEOUT") ? inner : outermost;
}

function byCode(code: unknown): readonly ErrorClass[] {
  const known = typeof code === "string" && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  return known === undefined ? [] : [known];
}

function* causesOf(error: unknown): Iterable<object> {
  for (let link = error, depth = 0; typeof link === "object" && link !== null && depth < DEEPEST_CAUSE; depth++) {
    yield link;
    link = link instanceof AggregateError ? link.errors[0] : (link as { readonly cause?: unknown }).cause;
  }
}

function saidBy(own: Classify, error: object): ErrorClass | undefined {
  // What is ours means the same on every backend; an adapter speaks of its driver's.
  if (error instanceof PoolError && Object.hasOwn(BY_CODE, error.code)) return undefined;
  try {
    return own(error);
  } catch {
    return undefined;
  }
}
