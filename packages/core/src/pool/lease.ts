import type { Entry } from "./entry.js";
import { begin, end, ended, endsAreHeard, toTell, type StatementToTell } from "./leased-statement.js";
import { statementsTraced, traceStatement } from "./tell-statement.js";

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
    const { id } = this;
    const entry = this.#entry;
    begin(entry, id, statement);
    const told = endsAreHeard() ? toTell(entry, id, { statement, label, values }) : undefined;
    try {
      const result = await (statementsTraced()
        ? traceStatement({ pool: entry.owner.name, leaseId: id, label: label ?? entry.label, statement }, work)
        : work());
      end(entry, id, told, result, undefined);
      return result;
    } catch (error) {
      end(entry, id, told, undefined, { error });
      throw error;
    }
  }

  /**
   * For core, while nobody traces: {@link track} in two calls, without a promise; {@link end} is the second. False where somebody does trace, which
   * needs the promise of the work.
   */
  tryBegin(statement: string): boolean {
    if (statementsTraced()) return false;
    begin(this.#entry, this.id, statement);
    return true;
  }

  /** What is to be told of a statement that has just begun. */
  toTell(statement: string, label: string | undefined, values: unknown): StatementToTell {
    return toTell(this.#entry, this.id, { statement, label, values });
  }

  /** The statement has ended. Where it is told, what is done about it until {@link instantIsOver} happens at the same instant. */
  end(told: StatementToTell | undefined, result: unknown, failure?: { readonly error: unknown }): void {
    this.#entry.instant = end(this.#entry, this.id, told, result, failure);
  }

  /** What is begun until {@link instantIsOver} begins with the loan, where its exact time is known: it was lent in the same turn. */
  instantOfLoan(): void {
    const entry = this.#entry;
    if (entry.lentAt > 0) entry.instant = entry.lentAt;
  }

  instantIsOver(): void {
    this.#entry.instant = 0;
  }
}

/**
 * A promise that has the lease already. Resolving one asks the value for `then`, unless V8's compiler knows the value's shape; it does where a field of it was read
 * just before. Worth 15 ns of 60 per loan.
 */
export function promised<R>(lease: PoolLease<R>): Promise<PoolLease<R>> {
  if (lease.id === 0) throw new TypeError("leases are numbered from 1");
  return Promise.resolve(lease);
}
