import type { Borrower } from "../pool/borrow.js";
import type { Lease } from "../pool/lease.js";
import type { AcquireOptions } from "../pool/pool.js";
import { withAnySignal } from "../aborts.js";
import { isInTransaction } from "./ask-driver.js";
import type { SqlContext } from "./context.js";
import { sessionLost, type Place } from "./failures.js";
import { Gate } from "./gate.js";
import { Reading } from "./reading.js";
import { underLabel, type StatementCall } from "./statement-call.js";
import { perform } from "./perform.js";
import type { Verdict } from "./verdict.js";

/**
 * The connection of one session or transaction: borrowed when first needed, given back and taken afresh when told. There is never more
 * than one statement or acquire under way on it: what is asked at once passes its {@link gate} one by one.
 */
export class Connection<R> {
  readonly context: SqlContext<R>;
  readonly place: Place;
  readonly gate = new Gate();
  readonly reading: Reading;
  readonly #borrower: Borrower<R>;
  readonly #options: AcquireOptions;
  #lease: Lease<R> | undefined;
  #lost: { readonly cause: unknown } | undefined;
  /** How many works run now that are to hold no connection. */
  #detached = 0;
  #asked = 0;
  #failed = { upTo: 0, error: undefined as unknown };

  constructor(context: SqlContext<R>, borrower: Borrower<R>, options: AcquireOptions) {
    this.context = context;
    this.place = { pool: context.pool.name, label: options.label };
    this.reading = new Reading(this.place);
    this.#borrower = borrower;
    this.#options = options;
  }

  /**
   * The lease in hand, or a fresh one, when its turn has come.
   * @throws PoolError `RESOURCE_LOST`: the session's state died with its connection; `SESSION_BUSY`: it is read from; what acquire throws
   */
  async take(signal?: AbortSignal): Promise<Lease<R>> {
    this.reading.assertNone();
    const ticket = ++this.#asked;
    return await this.gate.enter(() => this.#take(ticket, signal), signal);
  }

  /** One statement outside of a transaction. */
  statement(call: StatementCall): Promise<unknown> {
    const ticket = ++this.#asked;
    return this.inTurn(call, async (own) => {
      try {
        const verdict = await this.perform(await this.#take(ticket, own.signal), own, true);
        if (verdict.kind === "done") return verdict.result;
        throw verdict.error;
      } finally {
        this.rest();
      }
    });
  }

  /** Lets one call through at a time. While one is read from by its caller, others are refused, for they may be made by that same caller. */
  async inTurn<T>(call: StatementCall, task: (call: StatementCall) => Promise<T>): Promise<T> {
    this.reading.assertNone();
    const enter = (own: StatementCall): Promise<T> => this.gate.enter(() => task(own), own.signal);
    return await (call.alone === true ? this.reading.during(call, enter) : enter(call));
  }

  /** One statement on a lease that was taken here. For those inside the gate, which stays shut until a cancel is over. */
  perform(lease: Lease<R>, call: StatementCall, tellsEarly = false): Promise<Verdict> {
    return new Promise((resolve) => {
      perform(this.context, lease, underLabel(call, this.place.label), tellsEarly, (verdict) => {
        const note = (final: Verdict): void => {
          if (final.kind === "lost") this.lose(lease, final.error);
        };
        if (verdict.kind === "cancelling") this.gate.hold(verdict.over.then(note));
        else note(verdict);
        resolve(verdict);
      });
    });
  }

  /** The lease is of no use any more. */
  lose(lease: Lease<R>, cause: unknown): void {
    lease.destroy(cause);
    if (this.#lease !== lease) return;
    this.#lease = undefined;
    this.#lost = { cause };
  }

  /**
   * Runs `work` with no connection held; what is asked meanwhile takes one and gives it back.
   * @throws what `refuse` makes when a transaction is open that was begun with a statement of the caller's own
   */
  async without<T>(work: () => T | PromiseLike<T>, refuse: () => Error): Promise<T> {
    this.reading.assertNone();
    this.#detached++;
    try {
      await this.gate.enter(async () => {
        if (this.#inTransaction) throw refuse();
        this.#giveBack();
      });
      return await work();
    } finally {
      this.#detached--;
    }
  }

  /** Something has been done with it: gives it back where nobody is to hold one. */
  rest(): void {
    if (this.#detached > 0 && !this.#inTransaction) this.#giveBack();
  }

  /** Gives it back for good, behind what is under way. A cancel or rollback that takes its time is not waited for here. */
  async end(): Promise<void> {
    await this.gate.unlessHeld(this.gate.enter(async () => this.#giveBack()));
  }

  async #take(ticket: number, signal: AbortSignal | undefined): Promise<Lease<R>> {
    const lease = this.#lease;
    if (lease?.active === false) this.lose(lease, undefined);
    if (this.#lost !== undefined) throw sessionLost(this.place, this.#lost.cause);
    if (lease !== undefined) return lease;
    // All that were asked for before an acquire failed share its failure, so that none waits a second time.
    if (ticket <= this.#failed.upTo) throw this.#failed.error;
    try {
      const [options, isBrief] = [this.#options, this.#detached > 0];
      return (this.#lease = await withAnySignal([signal, options.signal], (any) =>
        this.#borrower.acquire(any === undefined ? options : { ...options, signal: any }, isBrief),
      ));
    } catch (error) {
      // That one caller has given up is no news about the pool.
      if (signal?.aborted !== true) this.#failed = { upTo: this.#asked, error };
      throw error;
    }
  }

  get #inTransaction(): boolean {
    return isInTransaction(this.context.driver, this.#lease) === true;
  }

  /** What comes next takes a fresh one, also after a loss. */
  #giveBack(): void {
    this.#lease?.release();
    this.#lease = undefined;
    this.#lost = undefined;
  }
}
