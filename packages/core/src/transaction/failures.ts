import { PoolError, reasonOf, withoutStack } from "../errors.js";
import { maskStatement } from "../pool/statement-text.js";

/** Where something failed: the pool, and what the caller called it. */
export interface Place {
  readonly pool: string;
  readonly label?: string | undefined;
}

/** Says why a statement may not run any more, or nothing. Asked when its turn has come. */
export type Refusal = () => Error | undefined;

export function queryTimedOut(place: Place, text: string, timeout: number): PoolError {
  const statement = maskStatement(text);
  const name = place.label === undefined ? statement : `${JSON.stringify(place.label)} (${statement})`;
  return withoutStack(() =>
    failure("QUERY_TIMEOUT", place, `no reply within ${String(timeout)} ms to ${name}`, { statement, timeout }),
  );
}

export function outcomeUnknown(place: Place, cause: unknown): PoolError {
  const what = `the reply to COMMIT was lost (${reasonOf(cause)}): the transaction may have taken effect or not`;
  return failure("OUTCOME_UNKNOWN", place, what, {}, { cause });
}

/** Nothing depends on the COMMIT of a transaction that has only read. */
export function readOnlyLost(place: Place, cause: unknown): PoolError {
  const what = `the connection was lost at the end of a read-only transaction (${reasonOf(cause)})`;
  return failure("RESOURCE_LOST", place, what, {}, { cause });
}

/** For what is asked of a transaction that is over. `cause` is what ended it before its time. */
export function transactionEnded(place: Place, what: string, cause?: unknown): PoolError {
  const why = cause === undefined ? "" : ` (${reasonOf(cause)})`;
  return failure("TRANSACTION_ENDED", place, `${what}${why}`, {}, cause === undefined ? {} : { cause });
}

export const sessionEndedReading = (place: Place): PoolError => sessionEnded(place, " while it was read from");

export function transactionEndedReading(place: Place): PoolError {
  return transactionEnded(place, "the transaction has ended while it was read from");
}

export function transactionBusy(place: Place, what: string): PoolError {
  return failure("TRANSACTION_BUSY", place, what);
}

export function transactionOpen(place: Place, what: string): PoolError {
  return failure("TRANSACTION_OPEN", place, what);
}

export function sessionEnded(place: Place, how = ", and was used after it"): PoolError {
  return failure("SESSION_ENDED", place, `this session has ended${how}`);
}

/** For what is asked while the caller of `reading` still reads from it. */
export function sessionBusy(place: Place, reading: string): PoolError {
  const what = `this session is being read from (${maskStatement(reading)}), and what is asked of it meanwhile would wait for that reader; read to the end first, or use another session`;
  return failure("SESSION_BUSY", place, what);
}

export function sessionLost(place: Place, cause: unknown): PoolError {
  const why = cause === undefined ? "it was taken away" : reasonOf(cause);
  const what = `the session's connection is gone (${why}), and with it the state of the session; withoutConnection() or a new session starts afresh`;
  return failure("RESOURCE_LOST", place, what, {}, { cause });
}

/** Why a rollback did not work. */
export interface RollbackFailure {
  readonly failure: unknown;
}

/**
 * Notes on the error that set a rollback off that the rollback failed as well, as its property `rollbackError`. The error itself is what
 * rejects; one that cannot be written on stays as it is.
 */
export function attachRollbackFailure(error: unknown, rollback: RollbackFailure | undefined): void {
  if (rollback === undefined || !(error instanceof Error) || !Object.isExtensible(error)) return;
  Object.defineProperty(error, "rollbackError", {
    value: rollback.failure,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function failure(
  code:
    | "QUERY_TIMEOUT"
    | "OUTCOME_UNKNOWN"
    | "TRANSACTION_ENDED"
    | "TRANSACTION_BUSY"
    | "TRANSACTION_OPEN"
    | "SESSION_ENDED"
    | "SESSION_BUSY"
    | "RESOURCE_LOST",
  place: Place,
  what: string,
  details: Record<string, unknown> = {},
  options: { cause?: unknown } = {},
): PoolError {
  return new PoolError(code, `pool ${JSON.stringify(place.pool)}: ${what}`, {
    ...options,
    details: { pool: place.pool, label: place.label, ...details },
  });
}
