import type { AcquireOptions, Pool } from "../pool/pool.js";
import type { Lease } from "../pool/lease.js";

/** What every SQL adapter's statements resolve with; adapters add to it. */
export interface SqlResult<Row = Record<string, unknown>> {
  readonly rows: Row[];
  /** Rows returned by a read, rows changed by a write. */
  readonly rowCount: number;
}

export interface QueryOptions {
  /** Cancels the statement on the backend; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Longest time for this statement in ms, instead of the connector's `queryTimeout`. `Infinity` sets none. */
  timeout?: number;
  /** Names the statement in events. */
  label?: string;
}

export interface Queryable {
  /** Runs one statement with bound values. */
  query<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;
}

export type IsolationLevel = "read uncommitted" | "read committed" | "repeatable read" | "serializable";

export interface TransactionOptions {
  /** Backends refuse a level that they do not know with `INVALID_ARGUMENT`. Default: the backend's own. */
  isolation?: IsolationLevel;
  readOnly?: boolean;
  /** Backend-specific way to begin: for SQLite `"deferred" | "immediate" | "exclusive"`, for PostgreSQL `"deferrable"`. */
  mode?: string;
  /** Rolls back and rejects with its reason; no statement starts afterwards. */
  signal?: AbortSignal;
  label?: string;
  /** How often the whole work is run again after a serialization failure or a deadlock (and nothing else). @default 0 */
  retries?: number;
  /** Longest wait for a connection in ms. Default: the pool's. */
  acquireTimeout?: number;
}

/** The statements of one transaction; dead once it has ended (`TRANSACTION_ENDED`). */
export interface Transaction extends Queryable {
  /** 0 for the transaction, 1 and more inside savepoints. */
  readonly depth: number;
  /** A savepoint around `work`: rolled back to when it throws. Two side by side are refused with `TRANSACTION_BUSY`. */
  transaction<T>(work: (tx: Transaction) => PromiseLike<T>): Promise<T>;
}

/** What a borrower of a SQL pool works with: one connection, each statement on its own, transactions when asked for. */
export interface Session extends Queryable {
  /** Commits when `work` resolves, rolls back when it rejects. @throws PoolError `OUTCOME_UNKNOWN` when the reply to COMMIT was lost */
  transaction<T>(
    work: (tx: Transaction) => PromiseLike<T>,
    options?: Omit<TransactionOptions, "acquireTimeout">,
  ): Promise<T>;
  /** Manual mode: what follows runs in one transaction until `commit` or `rollback`. One left open is rolled back when the session ends. */
  begin(options?: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  readonly inTransaction: boolean;
  /**
   * Gives the connection back for the time of `work`, and resolves with the work's result whatever happens to the pool; the next statement
   * takes a fresh connection. @throws PoolError `TRANSACTION_OPEN` inside a transaction
   */
  withoutConnection<T>(work: () => T | PromiseLike<T>): Promise<T>;
}

export interface SessionOptions extends AcquireOptions {
  /** Promises to write nothing: lets a backend with read-only connections lend one of those. */
  readOnly?: boolean;
}

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** What a SQL connector's `client` is. */
export interface SqlClient<R = unknown> extends Queryable {
  /** A connection for the time of `work`. */
  session<T>(work: (session: Session) => PromiseLike<T>, options?: SessionOptions): Promise<T>;
  /** A session that the caller ends: `await using session = await client.openSession()`. */
  openSession(options?: SessionOptions): Promise<Session & AsyncDisposable>;
  transaction<T>(work: (tx: Transaction) => PromiseLike<T>, options?: TransactionOptions): Promise<T>;
  /** All statements in one transaction; the results in their order. */
  batch(statements: readonly Statement[], options?: TransactionOptions): Promise<SqlResult[]>;
  /** A transaction that is always rolled back, for tests. Resolves with the work's result. */
  sandbox<T>(work: (tx: Transaction) => PromiseLike<T>, options?: TransactionOptions): Promise<T>;
  acquire(options?: SessionOptions): Promise<Lease<R>>;
  readonly pool: Pool<R>;
}

/** What core's transactions need to know of a backend. An adapter writes this beside its ResourceFactory. */
export interface SqlDriver<R> {
  /** Runs one statement on one resource; on abort it cancels, and settles once the resource is free (or known to be lost). */
  query(resource: R, text: string, values: readonly unknown[], options: QueryOptions): Promise<SqlResult>;
  /** The statements that begin such a transaction. Throws PoolError `INVALID_ARGUMENT` for what the backend cannot do. */
  begin(options: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): readonly string[];
  /** A serialization failure or a deadlock: the transaction was rolled back whole, and may be run again. */
  isRetryable(error: unknown): boolean;
  /** The connection is gone, so that the outcome of what was under way is not known. */
  isConnectionLost(error: unknown): boolean;
}
