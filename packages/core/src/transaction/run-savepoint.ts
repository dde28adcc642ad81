import { transactionEndedReading, type Refusal, type RollbackFailure } from "./failures.js";
import type { OpenTransaction } from "./open-transaction.js";
import type { TransactionScope } from "./scope.js";
import type { Transaction } from "./sql.js";
import { traceTransaction } from "./trace.js";

/** From SAVEPOINT to RELEASE when `work` resolves, to ROLLBACK TO when it rejects. */
export function runSavepoint<R, T>(
  open: OpenTransaction<R>,
  scope: TransactionScope<R>,
  work: (tx: Transaction<R>) => PromiseLike<T>,
): Promise<T> {
  // Two of one depth never live at once, so the depth names it; quoted, and in a name space of ours.
  const savepoint = `"pool_savepoint_${String(scope.depth)}"`;
  return traceTransaction(open, scope.depth, async (ended) => {
    await open.control(`SAVEPOINT ${savepoint}`, scope.refusal);
    try {
      const result = await work(scope);
      scope.close();
      open.reading.stop(transactionEndedReading);
      await scope.drain();
      await open.control(`RELEASE SAVEPOINT ${savepoint}`, scope.refusal);
      ended("committed");
      return result;
    } catch (error) {
      scope.end(error);
      open.note(error, await rollBackTo(savepoint, open, scope.outer));
      throw error;
    }
  });
}

/** Undoes what ran since the savepoint, and forgets it. A failure dooms the transaction, and is returned. */
async function rollBackTo<R>(
  savepoint: string,
  open: OpenTransaction<R>,
  outer: TransactionScope<R> | undefined,
): Promise<RollbackFailure | undefined> {
  const refusal: Refusal = () => outer?.refusal();
  // With the whole transaction over, so are its savepoints.
  if (refusal() !== undefined || open.findDoom() !== undefined || open.signal?.aborted === true) return undefined;
  try {
    await open.control(`ROLLBACK TO SAVEPOINT ${savepoint}`, refusal);
    await open.control(`RELEASE SAVEPOINT ${savepoint}`, refusal);
    return undefined;
  } catch (failure) {
    open.doom(failure);
    return { failure };
  }
}
