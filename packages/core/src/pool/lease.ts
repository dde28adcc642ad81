import { traced } from "../events.js";
import type { Entry } from "./entry.js";
import { begin, end, ended, endAndTell, tellUnderLease, type StatementToTell } from "./leased-statement.js";
import { statementsHeard } from "./tell-statement.js";

/**
 * The right to use one resource until it is released or destroyed. Disposable: `using lease = await pool.acquire()`.
 * One that is dropped without release is found by garbage collection, and its resource closed.
 */
export interface Lease<out R> extends Disposable {
  /** Unique in its pool. */
  readonly id: number;
  /** @throws PoolError `LEASE_ENDED` after release, destroy or reclaim */
  readonly resource: R;
  readonly active: boolean;
  /** Gives the resource back. Idempotent, never throws, never waits: what the backend has to undo runs behind it. */
  release(): void;
  /** Gives the resource back to be closed. Idempotent, never throws, never waits. */
  destroy(cause?: unknown): void;
  /**
   * For adapters: runs a statement, and counts its time as busy and its text as the last of this hold. Publishes `pool:query` and
   * `pool:statement`, with the statement's own label or else the lease's.
   */
  track<T>(statement: string, work: () => PromiseLike<T>, label?: string, values?: unknown): Promise<T>;
}

const queries = traced("pool:query");

/** The engine's lease. The entry never needs it back: a lease is over when the entry's `leaseId` is another. */
export class PoolLease<R> implements Lease<R> {
  readonly id: number;
  readonly #entry: Entry<R>;

  constructor(entry: Entry<R>, id: number) {
    this.id = id;
    this.#entry = entry;
  }

  static entryOf<R>(lease: PoolLease<R>): Entry<R> {
    return lease.#entry;
  }

  get active(): boolean {
    return this.#entry.leaseId === this.id;
  }

  get resource(): R {
    if (this.#entry.leaseId !== this.id) throw ended(this.#entry, this.id, "its resource was used");
    return this.#entry.resource as R; // an entry that was ever lent has one
  }

  release(): void {
    const entry = this.#entry;
    if (entry.leaseId === this.id) entry.owner.giveBack(entry, "released");
  }

  destroy(cause?: unknown): void {
    const entry = this.#entry;
    if (entry.leaseId === this.id) entry.owner.giveBack(entry, "destroyed", cause);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  async track<T>(statement: string, work: () => PromiseLike<T>, label?: string, values?: unknown): Promise<T> {
    begin(this.#entry, this.id, statement);
    try {
      const result = await (statementsHeard()
        ? tellUnderLease(this.#entry, this.id, { statement, values, label }, work)
        : work());
      this.end();
      return result;
    } catch (error) {
      this.end({ error });
      throw error;
    }
  }

  /**
   * For core, while nobody traces: {@link track} in two calls, without a promise; {@link end} is the second. False where somebody does trace, which
   * needs the promise of the work.
   */
  tryBegin(statement: string): boolean {
    if (queries.hasSubscribers) return false;
    begin(this.#entry, this.id, statement);
    return true;
  }

  /** What is to be told of a statement that has just begun. */
  toTell(statement: string, label: string | undefined, values: unknown): StatementToTell {
    const { owner, running, runningSince, label: own } = this.#entry;
    const startedAt = running === 1 ? runningSince : owner.exactNow();
    return { pool: owner.name, leaseId: this.id, label: label ?? own, statement, values, startedAt };
  }

  /** The statement has ended. */
  end(failure?: { readonly error: unknown }): void {
    end(this.#entry, this.id, failure);
  }

  /** {@link end}, told to who listens. */
  endAndTell(told: StatementToTell, result: unknown, failure?: { readonly error: unknown }): void {
    endAndTell(this.#entry, this.id, told, result, failure);
  }
}

// Resolving a promise asks the value for `then`; found here, the question goes no further up. Worth 9 ns of 120 per loan.
Object.defineProperty(PoolLease.prototype, "then", { value: undefined });

/** A lease inside another one: what has been lent already, and is released by whom it was lent to. */
export class SharedLease<R> extends PoolLease<R> {
  override release(): void {
    // Not this borrower's to give back.
  }
}
