import { type Done, PoolError, type SqlDriver, type TransactionOptions } from "@pool/core";
import { type PostgresConnection } from "./connection/connection.js";
import { type Translation } from "./connection/statements.js";
import { type PostgresStatement } from "./connection/statement.js";
import { isConnectionLost, isRetryable, postgresError } from "./errors.js";
import { type Labels } from "./labels.js";
import { type PostgresQueryOptions } from "./methods.js";
import { isCommitRefused } from "./refused-commit.js";

const LEVELS = ["read uncommitted", "read committed", "repeatable read", "serializable"];

/** What core's sessions and transactions need to know of PostgreSQL. */
export function postgresDriver(pool: string, labels: Labels | undefined): SqlDriver<PostgresConnection> {
  const query: Query = async (connection, text, values, options) => {
    try {
      const labelled = labels === undefined ? text : await labels.label(connection, text, options.label);
      const statement: PostgresStatement = { ...options, text: labelled, values };
      const result = await connection.run(statement);
      if (isCommitRefused(text, result)) throw commitRefused(pool);
      return result;
    } catch (error) {
      throw postgresError(pool, error);
    }
  };
  const said: Translation = {
    refusal: (text, result) => (isCommitRefused(text, result) ? commitRefused(pool) : undefined),
    error: (error) => postgresError(pool, error),
  };
  return {
    queryOptions: ["rowMode", "types", "prepare"],
    query,
    start(connection, text, values, options, done) {
      // The server may have to be told a label first.
      if (labels !== undefined) return void query(connection, text, values, options).then(...both(done));
      const { rowMode, types, prepare }: PostgresQueryOptions = options; // the driver's own reach it unchecked
      try {
        connection.start({ text, values, rowMode, types, prepare }, done, said);
      } catch (error) {
        done.reject(said.error(error));
      }
    },
    cancel: (connection, reason) => connection.cancel(reason),
    begin: (options) => [beginStatement(options)],
    isRetryable,
    isConnectionLost,
    inTransaction: (connection) => connection.status.inTransaction,
    transactionsEnded: (connection) => connection.transactionsEnded,
  };
}

type Query = SqlDriver<PostgresConnection>["query"];

function both<T>(done: Done<T>): [(value: T) => void, (error: unknown) => void] {
  return [(value) => done.resolve(value), (error) => done.reject(error)];
}

/** @throws PoolError `INVALID_ARGUMENT` for what PostgreSQL does not know */
function beginStatement({
  isolation,
  readOnly,
  mode,
}: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): string {
  if (isolation !== undefined && !LEVELS.includes(isolation)) throw oneOf("isolation", LEVELS, isolation);
  if (mode !== undefined && mode !== "deferrable") throw oneOf("mode", ["deferrable"], mode);
  // Elsewhere PostgreSQL takes the word and does nothing, which nobody who writes it can want.
  if (mode === "deferrable" && (isolation !== "serializable" || readOnly !== true)) {
    const message = 'transaction: mode "deferrable" needs isolation "serializable" and readOnly true';
    throw new PoolError("INVALID_ARGUMENT", message);
  }
  const level = isolation === undefined ? "" : ` isolation level ${isolation}`;
  const access = readOnly === undefined ? "" : readOnly ? " read only" : " read write";
  return `begin${level}${access}${mode === undefined ? "" : " deferrable"}`;
}

function oneOf(name: string, known: readonly string[], got: unknown): PoolError {
  const names = known.map((value) => JSON.stringify(value)).join(", ");
  const message = `transaction: ${name} must be one of ${names}, got ${typeof got === "string" ? JSON.stringify(got) : typeof got}`;
  return new PoolError("INVALID_ARGUMENT", message);
}

function commitRefused(pool: string): PoolError {
  const message = `postgres ${JSON.stringify(pool)}: the transaction was rolled back at its COMMIT, since a statement in it had failed`;
  return new PoolError("TRANSACTION_ENDED", message);
}
