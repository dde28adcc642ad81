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
  /** Longest time for this statement in ms from sending to its reply, instead of the connector's `queryTimeout`. `Infinity` sets none. */
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
  /**
   * How often the whole work is run again after a serialization failure or a deadlock (and nothing else), after a random wait of up to 10 ms,
   * 20 ms, 40 ms … 1 s. @default 0
   */
  retries?: number;
  /** Longest wait for a connection in ms. Default: the pool's. */
  acquireTimeout?: number;
}

/**
 * The statements of one transaction; dead once it has ended (`TRANSACTION_ENDED`). Statements issued together run in the order of their
 * calls. Those that the work does not wait for run before COMMIT, and the transaction fails when one of them does.
 */
export interface Transaction extends Queryable {
  /** 0 for the transaction, 1 and more inside savepoints. */
  readonly depth: number;
  /**
   * A savepoint around `work`: rolled back to when it throws. While it is open, a statement or a second savepoint on this handle is refused
   * with `TRANSACTION_BUSY`, since it would run inside.
   */
  transaction<T>(work: (tx: Transaction) => PromiseLike<T>): Promise<T>;
}

/**
 * What a borrower of a SQL pool works with: one connection, each statement on its own, transactions when asked for. When the connection
 * dies the session is over (`RESOURCE_LOST`), since its settings, locks and temporary tables died with it; `withoutConnection` starts afresh.
 */
export interface Session extends Queryable {
  /**
   * Commits when `work` resolves, rolls back when it rejects; a savepoint between `begin` and `commit`. What fails is what rejects; a rollback
   * that fails too is noted on it as `rollbackError`. @throws PoolError `OUTCOME_UNKNOWN` when the reply to COMMIT was lost
   */
  transaction<T>(
    work: (tx: Transaction) => PromiseLike<T>,
    options?: Omit<TransactionOptions, "acquireTimeout">,
  ): Promise<T>;
  /**
   * Manual mode: what follows runs in one transaction until `commit` or `rollback`. One left open is rolled back when the session ends, and
   * `session(work)` then rejects with `TRANSACTION_OPEN` unless the work itself has rejected.
   */
  begin(options?: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): Promise<void>;
  commit(): Promise<void>;
  /** Does nothing when no transaction is open, so that it may stand in a `catch`. */
  rollback(): Promise<void>;
  readonly inTransaction: boolean;
  /**
   * Gives the connection back for the time of `work`, and resolves with the work's result whatever happens to the pool; the next statement
   * takes a fresh connection. Statements issued before are waited for; those that the work issues on this session borrow one each.
   * @throws PoolError `TRANSACTION_OPEN` inside a transaction, before `work` is called
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
  /** A connection for the time of `work`. Used afterwards, the session rejects with `SESSION_ENDED`. */
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
  /**
   * Runs one statement on one resource; on abort it cancels, and settles once the resource is free (or known to be lost). One that does not
   * settle within the client's `cancelTimeout` has its connection closed. Statements of one session, transaction or lease of ours come one
   * at a time. A COMMIT that the backend answers by rolling back (as PostgreSQL does after a failed statement) must reject.
   */
  query(resource: R, text: string, values: readonly unknown[], options: QueryOptions): Promise<SqlResult>;
  /** The statements that begin such a transaction. Throws PoolError `INVALID_ARGUMENT` for what the backend cannot do. */
  begin(options: Pick<TransactionOptions, "isolation" | "readOnly" | "mode">): readonly string[];
  /** A serialization failure or a deadlock: the transaction was rolled back whole, and may be run again. */
  isRetryable(error: unknown): boolean;
  /** The connection is gone, so that the outcome of what was under way is not known. */
  isConnectionLost(error: unknown): boolean;
  /**
   * Is a transaction open on this resource? Free of round trips; undefined where that is not known. With it, a transaction that the backend
   * ended by itself (SQLite does on a full disk), or that a statement ended, takes no more statements, which would run outside of it.
   */
  inTransaction?(resource: R): boolean | undefined;
}
