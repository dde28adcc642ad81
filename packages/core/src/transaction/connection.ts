import { isPoolError } from "../errors.js";
import type { Borrower } from "../pool/borrow.js";
import type { Lease } from "../pool/lease.js";
import type { AcquireOptions } from "../pool/pool.js";
import { withAnySignal } from "./aborts.js";
import type { SqlContext } from "./context.js";
import { sessionLost } from "./failures.js";
import { Gate } from "./gate.js";
import { perform, type Verdict } from "./verdict.js";
import type { StatementCall } from "./statement-run.js";

/**
 * The connection of a session or a transaction: borrowed when first needed, given back and taken afresh when told. All its methods but
 * `ticket` are called inside its {@link gate}, so there is never more than one statement or one acquire under way.
 */
export class Connection<R> {
  readonly context: SqlContext<R>;
  readonly gate = new Gate();
  readonly #borrower: Borrower<R>;
  readonly #options: AcquireOptions;
  #lease: Lease<R> | undefined;
  #lost: { readonly cause: unknown } | undefined;
  #tickets = 0;
  #failed = { upTo: 0, error: undefined as unknown };

  constructor(context: SqlContext<R>, borrower: Borrower<R>, options: AcquireOptions) {
    this.context = context;
    this.#borrower = borrower;
    this.#options = options;
  }

  /** Drawn when a statement is issued: all that are issued before an acquire fails share its failure, and none waits a second time. */
  ticket(): number {
    return ++this.#tickets;
  }

  /**
   * The lease in hand, or a fresh one.
   * @throws PoolError `RESOURCE_LOST` when the connection died and with it the session's state, or what acquire throws, or the signal's reason
   */
  async take(ticket: number, signal?: AbortSignal): Promise<Lease<R>> {
    const lease = this.#lease;
    if (lease?.active === false) this.lose(lease, undefined);
    if (this.#lost !== undefined) throw sessionLost({ pool: this.context.pool, label: this.#options.label }, this.#lost.cause);
    if (lease !== undefined) return lease;
    if (ticket <= this.#failed.upTo) throw this.#failed.error;
    try {
      this.#lease = await withAnySignal([signal, this.#options.signal], (any) =>
        this.#borrower.acquire(any === undefined ? this.#options : { ...this.#options, signal: any }),
      );
      return this.#lease;
    } catch (error) {
      // One caller's own abort is no news about the pool.
      if (signal?.aborted !== true) this.#failed = { upTo: this.#tickets, error };
      throw error;
    }
  }

  async perform(lease: Lease<R>, call: StatementCall): Promise<Verdict> {
    const verdict = await perform(this.context, lease, call);
    // A session that lends on after its lease was taken away would run without the state it had.
    if (verdict.kind === "lost" || isPoolError(errorOf(verdict), "LEASE_ENDED")) this.lose(lease, errorOf(verdict));
    return verdict;
  }

  /** The connection is of no use any more. */
  lose(lease: Lease<R>, cause: unknown): void {
    lease.destroy(cause);
    if (this.#lease !== lease) return;
    this.#forget();
    this.#lost = { cause };
  }

  /** The lease in hand, for a look at it. */
  get lease(): Lease<R> | undefined {
    return this.#lease;
  }

  /** Gives back what is in hand; the next statement takes a fresh connection, also after a loss. */
  handBack(): void {
    this.#lease?.release();
    this.#forget();
    this.#lost = undefined;
  }

  #forget(): void {
    if (this.#lease === undefined) return;
    this.#lease = undefined;
    this.#borrower.released();
  }
}

function errorOf(verdict: Verdict): unknown {
  return verdict.kind === "done" ? undefined : verdict.error;
}
