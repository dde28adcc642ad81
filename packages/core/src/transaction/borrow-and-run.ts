import { borrowing, type Borrower } from "../pool/borrow.js";
import { toAcquire } from "./arguments.js";
import { Connection } from "./connection.js";
import type { SqlContext } from "./context.js";
import { OpenTransaction } from "./open-transaction.js";
import { withRetries } from "./retry.js";
import { runTransaction } from "./run-transaction.js";
import type { Transaction, TransactionOptions } from "./sql.js";

/** The whole transaction, again on a fresh connection while it may be retried; none is held during a back-off. */
export async function borrowAndRun<R, T>(
  context: SqlContext<R>,
  work: (tx: Transaction<R>) => PromiseLike<T>,
  finish: "commit" | "rollback",
  asked: TransactionOptions,
): Promise<T> {
  const { signal, label, readOnly, retries, acquireTimeout } = asked;
  const begin = context.driver.begin(asked);
  const acquire = toAcquire({ signal, label, timeout: acquireTimeout });
  const once = async (borrower: Borrower<R>, attempt: number): Promise<T> => {
    const connection = new Connection(context, borrower, acquire);
    try {
      const lease = await connection.take();
      return await runTransaction(
        new OpenTransaction(connection, lease, { signal, label, readOnly, attempt }),
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
