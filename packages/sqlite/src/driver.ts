import { PoolError, type SqlDriver, type TransactionOptions } from "@pool/core";
import { type SqliteHandle } from "./handle/handle.js";

const MODES = ["deferred", "immediate", "exclusive"] as const;
export type TransactionMode = (typeof MODES)[number];

/** What core's sessions and transactions need to know of SQLite. */
export const sqliteDriver: SqlDriver<SqliteHandle> = {
  query: (handle, text, values, { signal }) => handle.run(text, values, signal),
  begin: (options) => [beginStatement(options)],
  isRetryable: (error) =>
    error instanceof PoolError && (error.code === "DATABASE_LOCKED" || error.code === "SERIALIZATION_FAILURE"),
  isConnectionLost: (error) =>
    error instanceof PoolError && (error.code === "RESOURCE_LOST" || error.code === "FILE_GONE"),
  inTransaction: (handle) => handle.inTransaction,
};

/**
 * SQLite's transactions are serializable, whatever is asked for; a level below that is granted by the one above it. A transaction that
 * may write takes the write lock at its beginning, since one that reads first can find at its first write that it comes too late.
 */
function beginStatement({ readOnly, mode }: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): string {
  if (mode === undefined) return readOnly === true ? "begin deferred" : "begin immediate";
  if (!(MODES as readonly string[]).includes(mode)) {
    const message = `transaction: mode must be one of ${MODES.map((known) => JSON.stringify(known)).join(", ")}, got ${JSON.stringify(mode)}`;
    throw new PoolError("INVALID_ARGUMENT", message);
  }
  if (readOnly === true && mode !== "deferred") {
    throw new PoolError(
      "INVALID_ARGUMENT",
      `transaction: mode ${JSON.stringify(mode)} takes the write lock, and readOnly promises not to write`,
    );
  }
  return `begin ${mode}`;
}
