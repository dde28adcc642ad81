import { borrowing, plainBorrower, type Borrower } from "../pool/borrow.js";
import type { AcquireOptions, Pool } from "../pool/pool.js";
import { systemClock, type Clock } from "../time.js";
import { readBatch, readLimit, readObject, readStatement, readTransactionOptions, readWork } from "./arguments.js";
import { Connection } from "./connection.js";
import type { SqlContext } from "./context.js";
import { runOnce } from "./one-statement.js";
import { OpenTransaction } from "./open-transaction.js";
import { withRetries } from "./retry.js";
import { runTransaction } from "./run-transaction.js";
import { runSession } from "./run-session.js";
import { SqlSession } from "./session.js";
import type { SessionOptions, SqlClient, SqlDriver, SqlResult, Transaction, TransactionOptions } from "./sql.js";

/** What {@link createSqlClient} makes a client of. */
export interface SqlClientOptions<R> {
  /** Where connections come from. The client does not close it. */
  readonly pool: Pool<R>;
  /** Where sessions and transactions borrow that promise `readOnly`. Default: `pool`. */
  readonly readPool?: Pool<R> | undefined;
  readonly driver: SqlDriver<R>;
  /** Longest time for one statement in ms, from sending to its reply; waiting for a connection is no part of it. @default 30_000 */
  readonly queryTimeout?: number | undefined;
  /** Longest time in ms for a cancelled statement to settle; then its caller hears of it, and its connection is closed. @default 1_000 */
  readonly cancelTimeout?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Gives numbers from 0 to 1, for the jitter of back-offs. @default Math.random */
  readonly random?: (() => number) | undefined;
}

type Work<T> = (tx: Transaction) => PromiseLike<T>;
type Finish = "commit" | "rollback";

/**
 * Sessions and transactions over a pool, alike for every SQL backend. Its functions do not depend on `this`, so that an adapter may
 * replace one: `{ ...createSqlClient(options), query }`.
 * @throws PoolError `INVALID_ARGUMENT` for a timeout that is none
 */
export function createSqlClient<R>(options: SqlClientOptions<R>): SqlClient<R> {
  const main = contextOf(options, options.pool);
  const reading = options.readPool === undefined ? main : contextOf(options, options.readPool);
  const contextFor = ({ readOnly }: { readOnly?: boolean }): SqlContext<R> => (readOnly === true ? reading : main);

  const run = async <T>(call: string, work: Work<T>, finish: Finish, asked: TransactionOptions = {}): Promise<T> => {
    readWork(work, call);
    readTransactionOptions(asked, call);
    return await borrowAndRun(contextFor(asked), work, finish, asked);
  };

  return {
    pool: options.pool,
    acquire: async (asked = {}) => await contextFor(asked).pool.acquire(toAcquire(asked)),
    query: async <Row>(...statement: Parameters<SqlClient["query"]>) =>
      (await runOnce(main, readStatement(...statement))) as SqlResult<Row>, // the caller knows the type of the rows
    async session(work, asked = {}) {
      readWork(work, "session");
      const acquire = toAcquire(asked);
      const context = contextFor(asked);
      return await borrowing(
        context.pool,
        (borrower) => runSession(new Connection(context, borrower, acquire), work),
        acquire.label,
      );
    },
    async openSession(asked = {}) {
      const acquire = toAcquire(asked);
      const context = contextFor(asked);
      const connection = new Connection(context, plainBorrower(context.pool), acquire);
      await connection.take();
      return new SqlSession(connection);
    },
    transaction: async (work, asked) => await run("transaction", work, "commit", asked),
    sandbox: async (work, asked) => await run("sandbox", work, "rollback", asked),
    async batch(statements, asked) {
      const calls = readBatch(statements);
      if (calls.length === 0) return [];
      return await run("batch", async (tx) => await oneByOne(tx, calls), "commit", asked);
    },
  };
}

/** The whole transaction, again on a fresh connection while it may be retried; none is held during a back-off. */
async function borrowAndRun<R, T>(
  context: SqlContext<R>,
  work: Work<T>,
  finish: Finish,
  asked: TransactionOptions,
): Promise<T> {
  const { signal, label, retries, acquireTimeout } = asked;
  const begin = context.driver.begin(asked);
  const acquire = toAcquire({ ...asked, ...(acquireTimeout !== undefined && { timeout: acquireTimeout }) });
  const once = async (borrower: Borrower<R>, attempt: number): Promise<T> => {
    const connection = new Connection(context, borrower, acquire);
    try {
      const lease = await connection.take();
      return await runTransaction(
        new OpenTransaction(connection, lease, { signal, label, attempt }),
        begin,
        work,
        finish,
      );
    } finally {
      await connection.end();
    }
  };
  return await withRetries(context, { retries, signal }, (attempt) =>
    borrowing(context.pool, (borrower) => once(borrower, attempt), label),
  );
}

async function oneByOne(tx: Transaction, calls: ReturnType<typeof readBatch>): Promise<SqlResult[]> {
  const results: SqlResult[] = [];
  for (const { text, values } of calls) results.push(await tx.query(text, values));
  return results;
}

function contextOf<R>(options: SqlClientOptions<R>, pool: Pool<R>): SqlContext<R> {
  return {
    pool,
    driver: options.driver,
    clock: options.clock ?? systemClock,
    queryTimeout: readLimit("queryTimeout", options.queryTimeout ?? 30_000),
    cancelTimeout: readLimit("cancelTimeout", options.cancelTimeout ?? 1_000),
    random: options.random ?? Math.random,
  };
}

function toAcquire(options: SessionOptions): AcquireOptions {
  readObject("options", options);
  const { signal, timeout, label, priority } = options;
  return {
    ...(signal !== undefined && { signal }),
    ...(timeout !== undefined && { timeout }),
    ...(label !== undefined && { label }),
    ...(priority !== undefined && { priority }),
  };
}
