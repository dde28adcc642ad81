import type { AcquireOptions, Pool } from "../pool/pool.js";
import type { Lease } from "../pool/lease.js";
import type { UseContext } from "./use-context.js";

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

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** A statement as one object, with its options beside its text. */
export interface SqlStatement extends Statement, QueryOptions {}

export interface Queryable {
  /**
   * Runs one statement with bound values: `query(text, values, options)`, or all of it as one object.
   * @throws PoolError `INVALID_ARGUMENT` for an option that neither core nor the backend's driver knows
   */
  query<Row = Record<string, unknown>>(
    statement: string | SqlStatement,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;
}

/** What a client, a session and a transaction have in common, and what an adapter writes methods of its own over. */
export interface SqlTarget<R = unknown> extends Queryable {
  /**
   * Has the connection to itself for `work`, as a statement has it: in its turn, counted as busy under the name `statement`, by the rules of
   * the transaction it is asked in. What else is asked of this session or transaction waits until `work` has settled, so `work` must not wait
   * for that. It is not bounded in time unless `timeout` says so, since what it hands out may be read slowly; the connector's `queryTimeout`
   * is for statements. On abort, at the `timeout` and with the transaction's own signal, `signal` tells `work` to cancel; the caller
   * hears within 25 ms, and a work that has not settled within the client's `cancelTimeout` has its connection closed. When it rejects, the connection counts as lost if the driver says so.
   */
  use<T>(statement: string, work: UseWork<R, T>, options?: UseOptions): Promise<T>;
}

export interface UseOptions extends QueryOptions {
  /**
   * For work that lasts as long as its caller reads from it. What the session or transaction is asked meanwhile, `transaction`, `begin`,
   * `commit` and `withoutConnection` among it, is refused with `SESSION_BUSY`: asked by that same caller, it would wait for ever. `rollback`, the
   * end of a transaction's work and the end of the session abort `signal` instead, with `TRANSACTION_ENDED` or `SESSION_ENDED`. @default false
   */
  alone?: boolean;
}

export type QueryArguments = Parameters<Queryable["query"]>;
export type UseArguments<R, T> = [statement: string, work: UseWork<R, T>, options?: UseOptions];
export type UseWork<R, T> = (resource: R, context: UseContext) => PromiseLike<T>;

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
export interface Transaction<R = unknown, X = unknown> extends SqlTarget<R> {
  /** 0 for the transaction, 1 and more inside savepoints. */
  readonly depth: number;
  /**
   * A savepoint around `work`: rolled back to when it throws. While it is open, a statement or a second savepoint on this handle is refused
   * with `TRANSACTION_BUSY`, since it would run inside.
   */
  transaction<T>(work: (tx: X & Transaction<R, X>) => PromiseLike<T>): Promise<T>;
}

/**
 * What a borrower of a SQL pool works with: one connection, each statement on its own, transactions when asked for. When the connection
 * dies the session is over (`RESOURCE_LOST`), since its settings, locks and temporary tables died with it; `withoutConnection` starts afresh.
 */
export interface Session<R = unknown, X = unknown> extends SqlTarget<R> {
  /**
   * Commits when `work` resolves, rolls back when it rejects; a savepoint between `begin` and `commit`. What fails is what rejects; a rollback
   * that fails too is noted on it as `rollbackError`. @throws PoolError `OUTCOME_UNKNOWN` when the reply to COMMIT was lost (`RESOURCE_LOST` of
   * a `readOnly` one)
   */
  transaction<T>(
    work: (tx: X & Transaction<R, X>) => PromiseLike<T>,
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

/** What a SQL connector's `client` is. `X` is what the adapter adds to it, to its sessions and to its transactions. */
export interface SqlClient<R = unknown, X = unknown> extends SqlTarget<R> {
  /** A connection for the time of `work`. Used afterwards, the session rejects with `SESSION_ENDED`. */
  session<T>(work: (session: X & Session<R, X>) => PromiseLike<T>, options?: SessionOptions): Promise<T>;
  /** A session that the caller ends: `await using session = await client.openSession()`. */
  openSession(options?: SessionOptions): Promise<X & Session<R, X> & AsyncDisposable>;
  transaction<T>(work: (tx: X & Transaction<R, X>) => PromiseLike<T>, options?: TransactionOptions): Promise<T>;
  /** All statements in one transaction; the results in their order. */
  batch(statements: readonly Statement[], options?: TransactionOptions): Promise<SqlResult[]>;
  /** A transaction that is always rolled back, for tests. Resolves with the work's result. */
  sandbox<T>(work: (tx: X & Transaction<R, X>) => PromiseLike<T>, options?: TransactionOptions): Promise<T>;
  acquire(options?: SessionOptions): Promise<Lease<R>>;
  readonly pool: Pool<R>;
}
