import { readObject } from "../arguments.js";
import { borrowing, plainBorrower } from "../pool/borrow.js";
import { readSessionOptions, readTransactionOptions, readWork } from "./arguments.js";
import { borrowAndRun } from "./borrow-and-run.js";
import { checkClientOptions, contextOf, type SqlClientOptions } from "./client-options.js";
import { Connection } from "./connection.js";
import type { SqlContext } from "./context.js";
import { addMethods, makeHandles, type Handles } from "./handles.js";
import { runOnce } from "./one-statement.js";
import { readBatch, readStatement, readUse } from "./read-statement.js";
import { runSession } from "./run-session.js";
import type { QueryArguments, SqlClient, SqlResult, Transaction, TransactionOptions, UseArguments } from "./sql.js";

type Work<R, T> = (tx: Transaction<R>) => PromiseLike<T>;
type Finish = "commit" | "rollback";

/**
 * Sessions and transactions over a pool, alike for every SQL backend. Its functions do not depend on `this`, so that an adapter may
 * replace one: `{ ...createSqlClient(options), query }`.
 * @throws PoolError `INVALID_ARGUMENT` for a timeout that is none
 */
export function createSqlClient<R, X = unknown>(options: SqlClientOptions<R, X>): X & SqlClient<R, X> {
  checkClientOptions(options);
  const { extend } = options;
  if (extend !== undefined) readObject("createSqlClient: extend", extend);
  const client = plainClient(options, makeHandles<R>(extend as object | undefined));
  if (extend !== undefined) addMethods(client, extend, { bound: true });
  return client as X & SqlClient<R, X>; // the handles have the methods of `extend` as well
}

function plainClient<R, X>(options: SqlClientOptions<R, X>, handles: Handles<R>): SqlClient<R> {
  const main = contextOf(options, handles, options.pool);
  const reading = options.readPool === undefined ? main : contextOf(options, handles, options.readPool);
  const { queryOptions } = options.driver;
  const contextFor = ({ readOnly }: { readOnly?: boolean }): SqlContext<R> => (readOnly === true ? reading : main);

  const run = async <T>(call: string, work: Work<R, T>, finish: Finish, asked: TransactionOptions = {}): Promise<T> => {
    readWork(work, call);
    readTransactionOptions(asked, call);
    return await borrowAndRun(contextFor(asked), work, finish, asked);
  };

  return {
    pool: options.pool,
    async acquire(asked = {}) {
      const acquire = readSessionOptions(asked, "acquire");
      return await contextFor(asked).pool.acquire(acquire);
    },
    query: <Row>(...[statement, values, asked]: QueryArguments) => {
      try {
        return runOnce(main, readStatement(queryOptions, statement, values, asked)) as Promise<SqlResult<Row>>; // the caller knows its rows
      } catch (error) {
        return Promise.reject(error); // as thrown
      }
    },
    use: async <T>(...given: UseArguments<R, T>) => (await runOnce(main, readUse(...given))) as T, // what the work resolves with
    async session(work, asked = {}) {
      readWork(work, "session");
      const acquire = readSessionOptions(asked, "session");
      const context = contextFor(asked);
      return await borrowing(
        context.pool,
        (borrower) => runSession(new Connection(context, borrower, acquire), work),
        acquire.label,
      );
    },
    async openSession(asked = {}) {
      const acquire = readSessionOptions(asked, "openSession");
      const context = contextFor(asked);
      const connection = new Connection(context, plainBorrower(context.pool), acquire);
      await connection.take();
      return new handles.Session(connection);
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

async function oneByOne(tx: Transaction, calls: ReturnType<typeof readBatch>): Promise<SqlResult[]> {
  const results: SqlResult[] = [];
  for (const { text, values } of calls) results.push(await tx.query(text, values));
  return results;
}
