import { maskStatement, PoolError, reasonOf, withoutStack } from "@pool/core";
import { type SharedStatement } from "./statement.js";

// Every error of shared queries that no server sends. `details.sent` says whether the statement had left: one that had may have been carried out.

export function timedOut(pool: string, statement: SharedStatement): PoolError {
  const { timeout } = statement;
  const sent = statement.route !== undefined;
  const outcome = sent ? "no reply to it within" : "it was not sent within";
  const tail = sent ? "; it may still be carried out" : "";
  return failure("QUERY_TIMEOUT", pool, `${outcome} ${timeout} ms${tail}`, { ...about(statement), sent, timeout });
}

export function connectionLost(pool: string, statement: SharedStatement, cause: unknown): PoolError {
  const what = `the connection was lost with the statement on it, which may have been carried out or not (${reasonOf(cause)})`;
  return failure("RESOURCE_LOST", pool, what, { ...about(statement), sent: true }, cause);
}

export function checkFailed(pool: string, timeout: number): PoolError {
  return failure("VALIDATE_FAILED", pool, `an idle connection did not answer within ${timeout} ms`, { timeout });
}

export function queueFull(pool: string, maxQueued: number): PoolError {
  return failure("QUEUE_FULL", pool, `${maxQueued} statements wait to be sent already`, { maxQueued });
}

export function unavailable(
  pool: string,
  { failures, cause }: { readonly failures: number; readonly cause: unknown },
): PoolError {
  const what = `nothing is open and the last ${failures} connects failed (${reasonOf(cause)})`;
  return failure("UNAVAILABLE", pool, what, { failures, sent: false }, cause);
}

export function closed(pool: string, statement?: SharedStatement): PoolError {
  const sent = statement?.route !== undefined;
  const what = sent ? "closed before the reply; the statement may still be carried out" : "closed";
  return failure("POOL_CLOSED", pool, what, statement === undefined ? {} : { ...about(statement), sent });
}

export function refused(pool: string, text: string, why: string): PoolError {
  const what = `${why}, and session state is not for shared connections; use query, session or transaction of the client`;
  return failure("INVALID_ARGUMENT", pool, `refused ${maskStatement(text)}: ${what}`, {});
}

function about({ statement }: SharedStatement): { readonly statement: string } {
  return { statement: maskStatement(statement.text) };
}

function failure(
  code: string,
  pool: string,
  what: string,
  details: Record<string, unknown>,
  cause?: unknown,
): PoolError {
  return withoutStack(
    () =>
      new PoolError(code, `shared queries of ${JSON.stringify(pool)}: ${what}`, {
        details: { pool, ...details },
        ...(cause !== undefined && { cause }),
      }),
  );
}
