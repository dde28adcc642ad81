import type { QueryOptions, SqlResult, TransactionOptions } from "./sql.js";

/** Whom an outcome is told instead of a promise; its methods want their `this`. */
export interface Done<in T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** What core's transactions need to know of a backend. An adapter writes this beside its ResourceFactory. */
export interface SqlDriver<R> {
  /** Names of statement options of its own, which reach {@link SqlDriver.query} in its options, unchecked. Others than these are refused. */
  readonly queryOptions?: readonly string[];
  /**
   * Runs one statement on one resource; on abort it cancels, and settles once the resource is free (or known to be lost). One that does not
   * settle within the client's `cancelTimeout` has its connection closed. Statements of one session, transaction or lease of ours come one
   * at a time; `options.label` is the statement's own, or else that of its transaction or session. An error with `details.sent: false` says that the backend has heard nothing of the statement, so that the outcome of a COMMIT
   * is known. A COMMIT that the backend answers by rolling back (as PostgreSQL does after a failed statement) must reject.
   */
  query(resource: R, text: string, values: readonly unknown[], options: QueryOptions): Promise<SqlResult>;
  /**
   * Cancels what runs on this resource, as the abort of the signal does. A driver that has this is handed no signal, which spares each
   * statement with a timeout a controller and its listener.
   */
  cancel?(resource: R, reason: unknown): void;
  /**
   * {@link SqlDriver.query} for drivers that also have {@link SqlDriver.cancel}, without a promise: tells `done` once, and throws nothing. Worth it where
   * the reply is in hand in one piece: what a promise hands on through several layers costs as much as the rest of a short statement.
   */
  start?(resource: R, text: string, values: readonly unknown[], options: QueryOptions, done: Done<SqlResult>): void;
  /** The statements that begin such a transaction. Throws PoolError `INVALID_ARGUMENT` for what the backend cannot do. */
  begin(options: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): readonly string[];
  /** A serialization failure or a deadlock: the transaction was rolled back whole, and may be run again. */
  isRetryable(error: unknown): boolean;
  /** The connection is gone, so that the outcome of what was under way is not known. One that throws is taken to say so. */
  isConnectionLost(error: unknown): boolean;
  /**
   * Is a transaction open on this resource? Free of round trips; undefined where that is not known. With it, a transaction that the backend
   * ended by itself (SQLite does on a full disk), or that a statement ended, takes no more statements, which would run outside of it.
   */
  inTransaction?(resource: R): boolean | undefined;
  /**
   * How many transactions statements have ended on this resource so far. Free of round trips. For backends where one text or statement can end a
   * transaction and begin the next (`COMMIT AND CHAIN`), after which {@link SqlDriver.inTransaction} says true all the same.
   */
  transactionsEnded?(resource: R): number;
}
