import { redactUrls } from "./redact.js";

/**
 * What went wrong, for a caller to branch on. Adapters add codes of their own; each says so in its README.
 *
 * Pool: `ACQUIRE_TIMEOUT` nothing came free in time · `QUEUE_FULL` too many wait already · `POOL_CLOSED` · `CONNECT_FAILED` the backend refused ·
 * `CONNECT_TIMEOUT` · `UNAVAILABLE` the backend is known to be down · `VALIDATE_FAILED` · `LEASE_ENDED` used after release ·
 * `RESOURCE_LOST` died while lent · `SELF_DEADLOCK` · `HOOK_REFUSED`.
 * Connectors: `NOT_CONNECTED` · `CONNECTOR_NOT_FOUND` · `DUPLICATE_CONNECTOR` · `CONNECT_ALL_FAILED` · `REGISTRY_CLOSED` · `SCOPE_CLOSED` · `DUPLICATE_SCOPE`.
 * Statements: `QUERY_TIMEOUT` · `OUTCOME_UNKNOWN` the reply to a COMMIT was lost · `TRANSACTION_OPEN` · `TRANSACTION_ENDED` · `TRANSACTION_BUSY` · `SESSION_ENDED` · `SESSION_BUSY` it is being read from.
 * Commands (Redis, etcd): `COMMAND_TIMEOUT` (`details.sent`: it may have been carried out).
 * Locks: `LOCK_TIMEOUT` it stayed somebody else's · `LOCK_LOST`.
 * Input: `INVALID_OPTIONS` · `INVALID_ARGUMENT`.
 */
export type PoolErrorCode =
  | "ACQUIRE_TIMEOUT"
  | "QUEUE_FULL"
  | "POOL_CLOSED"
  | "CONNECT_FAILED"
  | "CONNECT_TIMEOUT"
  | "UNAVAILABLE"
  | "VALIDATE_FAILED"
  | "LEASE_ENDED"
  | "RESOURCE_LOST"
  | "SELF_DEADLOCK"
  | "HOOK_REFUSED"
  | "NOT_CONNECTED"
  | "CONNECTOR_NOT_FOUND"
  | "DUPLICATE_CONNECTOR"
  | "CONNECT_ALL_FAILED"
  | "REGISTRY_CLOSED"
  | "SCOPE_CLOSED"
  | "DUPLICATE_SCOPE"
  | "QUERY_TIMEOUT"
  | "OUTCOME_UNKNOWN"
  | "TRANSACTION_OPEN"
  | "TRANSACTION_ENDED"
  | "TRANSACTION_BUSY"
  | "SESSION_ENDED"
  | "SESSION_BUSY"
  | "COMMAND_TIMEOUT"
  | "LOCK_TIMEOUT"
  | "LOCK_LOST"
  | "INVALID_OPTIONS"
  | "INVALID_ARGUMENT";

/** The facts of the moment, for logs and tests. Holds no bound value and no credential. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

export interface PoolErrorOptions {
  /** The backend's own error, or whatever set this one off. */
  cause?: unknown;
  details?: ErrorDetails;
}

/** Every error that @pool throws on purpose. Branch on {@link code}; {@link message} is for people and says who, what and how much. */
export class PoolError extends Error {
  // Declared only: a field would be defined and then assigned, which costs a storm of timeouts a fifth of its time.
  declare readonly code: PoolErrorCode | (string & {});
  declare readonly details: ErrorDetails;

  constructor(code: PoolErrorCode | (string & {}), message: string, options: PoolErrorOptions = {}) {
    super(message, "cause" in options ? options : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

// On the prototype, as Error has its own: an own property would show in every printed error.
Object.defineProperty(PoolError.prototype, "name", { value: "PoolError", configurable: true, writable: true });

/** Is this one of ours, and (where `code` is given) that one? */
export function isPoolError(error: unknown, code?: PoolErrorCode | (string & {})): error is PoolError {
  return error instanceof PoolError && (code === undefined || error.code === code);
}

/** One line about any thrown value, for the tail of another message. What drivers quote of a URL's credentials is not in it. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join("; ");
  return redactUrls(textOf(error));
}

function textOf(error: unknown): string {
  try {
    const text: unknown = !(error instanceof Error) ? error : error.message === "" ? error.name : error.message;
    return String(text); // a message may be anything
  } catch {
    return "an object that has no text"; // one without a prototype, for example
  }
}

/**
 * Makes an error whose stack is only its text: for those made on a timer or in bulk, whose stack would name only the timer.
 * A stack costs 2.5–5 µs, and a storm of timeouts makes thousands at once.
 * @param text of its stack, where it is at hand already
 */
export function withoutStack<E extends Error>(make: () => E, text?: string): E {
  const errors: { stackTraceLimit: number | undefined } = Error;
  const limit = errors.stackTraceLimit;
  // Where it is no number, V8 does not look at the stack at all; with 0 it does, and takes half as long again for an error.
  errors.stackTraceLimit = undefined;
  try {
    const error = make();
    error.stack = text ?? stackText(error);
    return error;
  } finally {
    errors.stackTraceLimit = limit;
  }
}

/** What V8 begins each stack with. */
export function stackText({ name, message }: Pick<Error, "name" | "message">): string {
  return message === "" ? name : `${name}: ${message}`;
}
