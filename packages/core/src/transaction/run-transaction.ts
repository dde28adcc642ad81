import { unlessAborted } from "./aborts.js";
import type { OpenTransaction } from "./open-transaction.js";
import { TransactionScope } from "./scope.js";
import type { Transaction } from "./sql.js";
import { traceTransaction } from "./trace.js";

/**
 * From BEGIN to COMMIT when `work` resolves, to ROLLBACK when it rejects or the signal aborts; with `finish: "rollback"` to ROLLBACK in any
 * case. What the work issued without waiting for it is waited for before COMMIT, and when it fails the transaction fails with it.
 */
export function runTransaction<R, T>(
  open: OpenTransaction<R>,
  begin: readonly string[],
  work: (tx: Transaction) => PromiseLike<T>,
  finish: "commit" | "rollback",
): Promise<T> {
  return traceTransaction(open, 0, async (ended) => {
    await open.begin(begin);
    const scope = new TransactionScope(open);
    let result: T;
    try {
      result = await unlessAborted(open.signal, () => work(scope));
      await settle(open, scope);
      if (finish === "commit") open.throwIfDoomed();
    } catch (error) {
      await undo(open, scope, error);
      throw error;
    }
    await conclude(open, scope, finish);
    ended(open.outcome);
    return result;
  });
}

/** Takes nothing new, and waits for what is under way. */
export async function settle<R>(open: OpenTransaction<R>, scope: TransactionScope<R>): Promise<void> {
  scope.close();
  await unlessAborted(open.signal, () => scope.drain());
  open.signal?.throwIfAborted();
}

/** The last statement of a transaction that is settled. */
export async function conclude<R>(
  open: OpenTransaction<R>,
  scope: TransactionScope<R>,
  finish: "commit" | "rollback",
): Promise<void> {
  try {
    if (finish === "commit") await open.commit();
    else await open.rollback();
  } finally {
    scope.end();
  }
}

/** Rolls back because of `error`, and drops what waits for its turn. */
export async function undo<R>(open: OpenTransaction<R>, scope: TransactionScope<R>, error: unknown): Promise<void> {
  scope.end(error);
  open.note(error, await open.rollback());
}
