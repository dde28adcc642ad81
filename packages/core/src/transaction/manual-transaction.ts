import type { OpenTransaction } from "./open-transaction.js";
import { transactionBusy } from "./failures.js";
import { settle, undo } from "./run-transaction.js";
import type { TransactionScope } from "./scope.js";
import { traceTransaction } from "./trace.js";

/** A transaction between a session's `begin` and its `commit` or `rollback`. */
export class ManualTransaction<R> {
  /** Where its statements and savepoints go. */
  readonly scope: TransactionScope<R>;
  readonly #open: OpenTransaction<R>;
  readonly #ended: PromiseWithResolvers<undefined>;

  private constructor(open: OpenTransaction<R>, ended: PromiseWithResolvers<undefined>) {
    this.#open = open;
    this.#ended = ended;
    this.scope = open.newScope();
  }

  static begin<R>(open: OpenTransaction<R>, texts: readonly string[]): Promise<ManualTransaction<R>> {
    const begun = Promise.withResolvers<ManualTransaction<R>>();
    const span = traceTransaction(open, 0, async (report) => {
      await open.begin(texts);
      const ended = Promise.withResolvers<undefined>();
      begun.resolve(new ManualTransaction(open, ended));
      await ended.promise;
      report(open.outcome);
    });
    // Of a failed begin the caller hears here; of what fails later from commit. The span itself is for listeners.
    span.catch(begun.reject);
    return begun.promise;
  }

  /** Why it may not be ended now with what the session calls `what`. A reader is only in the way of a commit: a rollback stops it. */
  assertMayEnd(what: "commit" | "rollback"): void {
    if (this.scope.busy)
      throw transactionBusy(this.#open.place, `${what}: a savepoint is still open in the transaction`);
    if (what === "commit") this.#open.reading.assertNone();
  }

  /** Waits for what was issued and not waited for, and rolls back when that has failed. */
  async commit(): Promise<void> {
    try {
      try {
        await settle(this.#open, this.scope);
      } catch (error) {
        await undo(this.#open, this.scope, error);
        throw error;
      }
      await this.#open.commit();
      this.#ended.resolve(undefined);
    } catch (error) {
      this.#ended.reject(error);
      throw error;
    }
  }

  /** Drops what waits for its turn. Never rejects: where the statement fails, the connection is closed, and that rolls back as well. */
  async rollback(): Promise<void> {
    this.scope.end();
    await this.#open.rollback();
    this.#ended.resolve(undefined);
  }

  /** Rolls back because nobody else did; `error` says so to listeners. */
  async abandon(error: Error): Promise<void> {
    await undo(this.#open, this.scope, error);
    this.#ended.reject(error);
  }
}
