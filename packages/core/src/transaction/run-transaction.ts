import { unlessAborted } from "../aborts.js";
import { transactionEndedReading } from "./failures.js";
import type { OpenTransaction } from "./open-transaction.js";
import type { TransactionScope } from "./scope.js";
import type { Transaction } from "./sql.js";
import { traceTransaction } from "./trace.js";

/**
 * From BEGIN to COMMIT when `work` resolves, to ROLLBACK when it rejects or the signal aborts; with `finish: "rollback"` to ROLLBACK in any
 * case. What the work issued without waiting for it is waited for before COMMIT, and when it fails the transaction fails with it.
 */
export function runTransaction<R, T>(
  open: OpenTransaction<R>,
  begin: readonly string[],
  work: (tx: Transaction<R>) => PromiseLike<T>,
  finish: "commit" | "rollback",
): Promise<T> {
  return traceTransaction(open, 0, async (ended) => {
    await open.begin(begin);
    const scope = open.newScope();
    let result: T;
    try {
      result = await unlessAborted(open.signal, () => work(scope));
      await settle(open, scope);
    } catch (error) {
      await undo(open, scope, error);
      throw error;
    }
    if (finish === "commit") await open.commit();
    else await open.rollback();
    ended(open.outcome);
    return result;
  });
}

/** Takes nothing new, and waits for what is under way; but for a reader, who may be nobody's any more. */
export async function settle<R>(open: OpenTransaction<R>, scope: TransactionScope<R>): Promise<void> {
  scope.close();
  open.reading.stop(transactionEndedReading);
  await unlessAborted(open.signal, () => scope.drain());
}

/** Rolls back because of `error`, and drops what waits for its turn. */
export async function undo<R>(open: OpenTransaction<R>, scope: TransactionScope<R>, error: unknown): Promise<void> {
  scope.end(error);
  open.note(error, await open.rollback());
}
