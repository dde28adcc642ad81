import type { Lease } from "../pool/lease.js";
import { isInTransaction, isRetryable, transactionsEnded } from "./ask-driver.js";
import type { SqlContext } from "./context.js";
import { transactionEnded, type Place } from "./failures.js";
import { refusalIn, wasCancelled, type Verdict } from "./verdict.js";

/**
 * Whether a transaction can only be rolled back, and why: the backend has rolled it back by itself, or the connection is gone. What ran
 * afterwards on that connection would run outside of it.
 */
export class Doom<R> {
  readonly #context: SqlContext<R>;
  readonly #lease: Lease<R>;
  readonly #place: Place;
  readonly #endedBefore: number = 0;
  #found: { readonly error: unknown } | undefined;

  constructor(context: SqlContext<R>, lease: Lease<R>, place: Place) {
    this.#context = context;
    this.#lease = lease;
    this.#place = place;
    this.#endedBefore = this.#ended();
  }

  /** The first reason counts. */
  set(error: unknown): void {
    this.#found ??= { error };
  }

  /** Looks, free of round trips. */
  find(): { readonly error: unknown } | undefined {
    if (this.#found !== undefined) return this.#found;
    if (this.endedByBackend) {
      this.set(transactionEnded(this.#place, "the backend has ended the transaction by itself, or a statement has"));
    } else if (this.#ended() !== this.#endedBefore) {
      this.set(transactionEnded(this.#place, "a statement has ended the transaction, and begun another"));
    }
    return this.#found;
  }

  /** Why it takes no more statements, if so. */
  refusal(): Error | undefined {
    const doom = this.find();
    return doom && transactionEnded(this.#place, "the transaction takes no more statements", doom.error);
  }

  /**
   * Looks at what became of a statement in it. One that opens or ends a savepoint (`isControl`) and was cancelled leaves nobody knowing where
   * statements run.
   */
  learnFrom(verdict: Verdict, isControl: boolean): void {
    if (verdict.kind === "done") return;
    // Said when its cancel had not taken effect; what was answered in the end says more.
    if (this.#found?.error === verdict.error) this.#found = undefined;
    const refusal = refusalIn(verdict);
    // Where the driver cannot tell, what came next might run outside of it.
    if (refusal !== undefined && isRetryable(this.#context.driver, refusal, true)) this.set(refusal);
    const adrift = isControl && wasCancelled(verdict);
    if (adrift || verdict.kind === "lost" || !this.#lease.active) this.set(verdict.error);
  }

  #ended(): number {
    return transactionsEnded(this.#context.driver, this.#lease) ?? this.#endedBefore;
  }

  /** Nothing is left to be rolled back. */
  get endedByBackend(): boolean {
    return isInTransaction(this.#context.driver, this.#lease) === false;
  }
}
