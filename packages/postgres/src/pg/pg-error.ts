import { isPoolError, maskStatement, PoolError } from "@pool/core";
import { ConnectError } from "../connect/connect-error.js";
import { isConnectionLost, postgresError } from "../errors.js";

/** The words that libraries and programs look for in what `pg.Pool` rejects with. */
const WORDS: Readonly<Record<string, string>> = {
  ACQUIRE_TIMEOUT: "timeout exceeded when trying to connect",
  POOL_CLOSED: "Cannot use a pool after calling end on the pool",
};

export const ENDED_TWICE = "Called end on pool more than once";
export const CONNECTED = "Client has already been connected. You cannot reuse a client.";
export const RELEASED_TWICE = "Release called on client which has already been released to the pool.";

/**
 * Why there was no connection: what the server or the system has said, as pg passes it on; or what the pool says of itself, beginning with pg's
 * words.
 */
export function acquireErrorOf(error: unknown): unknown {
  if (!isPoolError(error)) return error;
  if (error.code === "UNAVAILABLE" || error.code === "CONNECT_FAILED") return driverErrorOf(error) ?? error;
  const words = WORDS[error.code];
  if (words === undefined) return error;
  return new PoolError(error.code, `${words}: ${error.message}`, { cause: error.cause, details: error.details });
}

/** A statement's failure as pg has it. */
export function statementErrorOf(error: unknown): unknown {
  // pg passes on what the type parser has thrown.
  if (isPoolError(error, "STATEMENT_FAILED") && error.cause !== undefined) return error.cause;
  return error;
}

/** Does what a statement has rejected with mean that its connection is of no more use? */
export function isFatal(error: unknown): boolean {
  return !isPoolError(error) && isConnectionLost(postgresError("pg", error));
}

export function endedError(pool: string): PoolError {
  return new PoolError("POOL_CLOSED", `Cannot use a pool after calling end on the pool: ${JSON.stringify(pool)}`);
}

export function releasedError(pool: string): PoolError {
  const message = `pool ${JSON.stringify(pool)}: a client was used after its release, when its connection may be somebody else's`;
  return new PoolError("LEASE_ENDED", message);
}

export function timeoutError(text: string, ms: number): PoolError {
  const details = { statement: maskStatement(text) };
  return new PoolError("QUERY_TIMEOUT", `Query read timeout: cancelled after ${String(ms)} ms`, { details });
}

/** The innermost reason that is no longer ours. */
function driverErrorOf(error: PoolError): unknown {
  let reason: unknown = error.cause;
  while (reason instanceof ConnectError || isPoolError(reason)) reason = reason.cause;
  return reason instanceof AggregateError && reason.errors.length > 0 ? lastOf(reason) : reason;
}

function lastOf({ errors }: AggregateError): unknown {
  const last: unknown = errors.at(-1);
  return last instanceof ConnectError ? last.cause : last;
}
