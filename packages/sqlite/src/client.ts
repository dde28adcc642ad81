import type { Database } from "better-sqlite3";
import { type Pool, type QueryOptions, type SqlClient } from "@pool/core";
import { type BackupOptions, type BackupReport } from "./backup.js";
import { type SqliteHandle, type SqliteResult } from "./handle/handle.js";
import { type Values } from "./helper/protocol.js";
import { type SqliteStatement } from "./statement.js";

/** The pools behind a client. */
export interface SqlitePools {
  /** One process, which writes. */
  readonly writer: Pool<SqliteHandle>;
  /** Threads for statements on their own. */
  readonly threads: Pool<SqliteHandle>;
  /** Processes for read sessions and for reads that can be cancelled; opened when one is needed. */
  readonly processes: Pool<SqliteHandle>;
}

/** What a SQLite connector's `client` is. Sessions and transactions run on the writer, or on a reader process when they are `readOnly`. */
export interface SqliteClient extends SqlClient<SqliteHandle> {
  /**
   * Runs one statement, where it suits: a read of a few rows by key in this thread, other reads in a reader, a write in the writer.
   * Values by position or, as one object, by name. With a `signal` (or a `timeout` shorter than the connector's) a read runs where it
   * can be killed, unless it is known to be quick.
   *
   * A write that was under way when its connection was lost rejects with `OUTCOME_UNKNOWN`.
   */
  query<Row = Record<string, unknown>>(
    statement: string | SqliteStatement,
    values?: Values,
    options?: QueryOptions,
  ): Promise<SqliteResult<Row>>;
  readonly pools: SqlitePools;
  /** The file, absolute. Of `":memory:"` the private one behind it. */
  readonly file: string;
  /**
   * Copies the database into a file while others go on reading and writing. What was there is replaced in one step, at the end, unless somebody
   * has it open.
   * @throws PoolError `BACKUP_FAILED`, `POOL_CLOSED` at the disconnect, or the signal's reason; nothing is left of a copy that failed
   */
  backup(target: string, options?: BackupOptions): Promise<BackupReport>;
  /**
   * A synchronous better-sqlite3 database in this thread, for query builders made for one (Drizzle, Kysely's own SQLite dialect). It is
   * the writer as long as it is open: other writes wait until its `close()`. It does not wait for a lock of another program.
   */
  database(options?: { readonly signal?: AbortSignal; readonly timeout?: number }): Promise<Database>;
}
