import type { Lease } from "../pool/lease.js";
import type { Connection } from "./connection.js";
import { attachRollbackFailure, outcomeUnknown, readOnlyLost } from "./failures.js";
import type { Place, Refusal, RollbackFailure } from "./failures.js";
import type { SqlContext } from "./context.js";
import type { TransactionScope } from "./scope.js";
import type { OpenTransactionOptions, TransactionOutcome } from "./open-options.js";
import { Doom } from "./doom.js";
import { loseUnlessDone, rollBack } from "./roll-back.js";
import type { Reading } from "./reading.js";
import { underLabel, type StatementCall } from "./statement-call.js";
import { failureIn, isUnsent, wasCancelled, type Verdict } from "./verdict.js";

/**
 * A transaction as the backend has it: bound to the one lease on which it was begun, and knowing whether it can still be committed.
 * It is doomed, and takes no statement any more, once the backend has rolled it back by itself (a deadlock, a serialization failure, a full
 * disk) or the connection is gone: what ran afterwards on that connection would run outside of it.
 */
export class OpenTransaction<R> {
  readonly signal: AbortSignal | undefined;
  readonly place: Place;
  readonly attempt: number;
  readonly #connection: Connection<R>;
  readonly #lease: Lease<R>;
  readonly #doom: Doom<R>;
  readonly #readOnly: boolean;
  #outcome: TransactionOutcome = "rolled back";

  constructor(connection: Connection<R>, lease: Lease<R>, options: OpenTransactionOptions) {
    this.#connection = connection;
    this.#lease = lease;
    this.signal = options.signal;
    this.place = { pool: connection.context.pool.name, label: options.label };
    this.attempt = options.attempt ?? 1;
    this.#readOnly = options.readOnly === true;
    this.#doom = new Doom(connection.context, lease, this.place);
  }

  get context(): SqlContext<R> {
    return this.#connection.context;
  }

  get reading(): Reading {
    return this.#connection.reading;
  }

  /** What its work is handed; with `outer`, that of a savepoint in there. */
  newScope(outer?: TransactionScope<R>): TransactionScope<R> {
    return new this.context.handles.Scope(this, outer);
  }

  /** Runs the statements that begin it. Leaves nothing open when one of them fails. */
  async begin(texts: readonly string[]): Promise<void> {
    for (const [index, text] of texts.entries()) {
      const call = { text, values: [], transactionSignal: this.signal };
      const verdict = await this.#connection.gate.enter(() => this.#send(call, true));
      if (verdict.kind === "done") continue;
      // Refused at the first, nothing is open; a cancelled one may have been carried out.
      if (index > 0 || wasCancelled(verdict)) this.note(verdict.error, await this.rollback());
      throw verdict.error;
    }
  }

  /** Runs one statement in it. `refusal` is asked when its turn has come. */
  statement(call: StatementCall, refusal: Refusal): Promise<unknown> {
    return this.#inTurn(call, refusal, false);
  }

  /** Runs a statement that opens or ends a savepoint. One that was cancelled leaves nobody knowing where statements run: it dooms. */
  async control(text: string, refusal: Refusal): Promise<void> {
    await this.#inTurn({ text, values: [] }, refusal, true);
  }

  /**
   * Commits. The signal has no say any more, since an aborted COMMIT has no known outcome.
   * @throws PoolError `OUTCOME_UNKNOWN` when no reply came, `RESOURCE_LOST` when it had only read; what doomed it; the backend's own error when it answered that it did not commit
   */
  async commit(): Promise<void> {
    // What doomed it may be known only when the cancel of an earlier statement is over.
    const verdict = await this.#connection.gate.enter(async () =>
      this.findDoom() === undefined ? await this.#send({ text: "COMMIT", values: [] }, true) : undefined,
    );
    if (verdict === undefined) return await this.#refuseCommit();
    const failed = failureIn(verdict);
    if (failed === undefined) {
      this.#outcome = "committed";
    } else if (isUnsent(failed.failure)) {
      this.#connection.lose(this.#lease, failed.failure);
      throw failed.failure;
    } else if (wasCancelled(verdict) || verdict.kind === "lost") {
      loseUnlessDone(this.#connection, this.#lease, verdict);
      if (this.#readOnly) throw readOnlyLost(this.place, failed.failure);
      this.#outcome = "unknown";
      throw outcomeUnknown(this.place, failed.failure);
    } else {
      // Some backends keep a transaction open whose COMMIT they refuse.
      this.note(failed.failure, await this.rollback());
      throw failed.failure;
    }
  }

  async #refuseCommit(): Promise<never> {
    const error = this.findDoom()?.error;
    this.note(error, await this.rollback());
    throw error;
  }

  /** @see rollBack */
  rollback(): Promise<RollbackFailure | undefined> {
    return rollBack(this.#connection, this.#lease, this.#doom, this.signal?.aborted === true);
  }

  /** Notes on what has failed that the rollback has failed as well. */
  note(error: unknown, rollback: RollbackFailure | undefined): void {
    // A signal's reason is shared by all who listen to it.
    if (this.signal?.aborted !== true || error !== this.signal.reason) attachRollbackFailure(error, rollback);
  }

  /** What became of it, once it has ended. */
  get outcome(): TransactionOutcome {
    return this.#outcome;
  }

  /** From now on it can only be rolled back. The first reason counts. */
  doom(error: unknown): void {
    this.#doom.set(error);
  }

  /** Looks whether it can only be rolled back, and why. */
  findDoom(): { readonly error: unknown } | undefined {
    return this.#doom.find();
  }

  #inTurn(call: StatementCall, mayNot: Refusal, isControl: boolean): Promise<unknown> {
    return this.#connection.inTurn(call, async (own) => {
      const refused = mayNot() ?? this.#doom.refusal();
      if (refused !== undefined) throw refused;
      const verdict = await this.#send({ ...own, transactionSignal: this.signal }, true);
      if (verdict.kind === "done") return verdict.result;
      this.#doom.learnFrom(verdict, isControl);
      if (verdict.kind === "cancelling") void verdict.over.then((final) => this.#doom.learnFrom(final, isControl));
      throw verdict.error;
    });
  }

  #send(call: StatementCall, tellsEarly = false): Promise<Verdict> {
    return this.#connection.perform(this.#lease, underLabel(call, this.place.label), tellsEarly);
  }
}
