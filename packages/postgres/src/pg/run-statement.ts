import { type Lease } from "@pool/core";
import { type PostgresConnection } from "../connection/connection.js";
import { type PostgresResult } from "../connection/statement.js";
import { isFatal, statementErrorOf, timeoutError } from "./pg-error.js";
import { type PgResult, pgResultOf } from "./pg-result.js";
import { type PgStatement } from "./pg-statement.js";

/**
 * Runs one statement on a leased connection, and gives or throws what pg would. A connection that was lost is not lent again.
 * @param lender gets the lease back when the statement is over
 */
export async function runStatement(
  lease: Lease<PostgresConnection>,
  statement: PgStatement,
  queryTimeout: number,
  lender?: { giveBack(lease: Lease<PostgresConnection>): void },
): Promise<PgResult> {
  const timeout = statement.timeout ?? queryTimeout;
  try {
    const connection = lease.resource;
    const work =
      timeout === Infinity
        ? () => connection.run(statement, statement.signal)
        : () => runInTime(connection, statement, timeout);
    return pgResultOf(await lease.track(statement.text, work, undefined, statement.values));
  } catch (error) {
    const { signal } = statement;
    if (signal?.aborted === true && error === signal.reason) throw error;
    if (isFatal(error)) lease.destroy(error);
    throw statementErrorOf(error);
  } finally {
    lender?.giveBack(lease);
  }
}

async function runInTime(
  connection: PostgresConnection,
  statement: PgStatement,
  timeout: number,
): Promise<PostgresResult> {
  const { signal, text } = statement;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timeoutError(text, timeout)), timeout);
  const onAbort = (): void => controller.abort(signal?.reason);
  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    return await connection.run(statement, controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
