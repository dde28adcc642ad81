import { AsyncLocalStorage } from "node:async_hooks";
import type { Entry } from "./entry.js";
import type { Lease } from "./lease.js";
import type { AcquireOptions, Pool } from "./pool.js";
import { SharedLease } from "./shared-lease.js";

/**
 * A task that borrows through a callback form (`use`, `session`, `transaction`), as its async context knows it. Found through
 * AsyncLocalStorage by what the task calls, so that the pool can tell when a task waits for what it holds itself.
 */
export interface Hold {
  readonly pool: object;
  readonly outer: Hold | undefined;
  readonly label: string | undefined;
  /** The task has a resource now; not before its first, and not while it works without a connection. */
  readonly holds: boolean;
}

/** What the engine and the callback forms know of a task. Must not refer to its lease: one that nobody holds could never be found. */
export class TaskHold implements Hold {
  readonly pool: object;
  readonly label: string | undefined;
  /** What it has comes back by itself in a moment, whatever else the task does: it is no part of a circle. */
  readonly isBrief: boolean;
  /** How many acquires made inside this task wait in its pool's queue. */
  waiting = 0;
  #outer: TaskHold | undefined;
  #isOver = false;
  #entry: Entry<unknown> | undefined;
  #leaseId = 0;
  /** How many inside of it share what it has. */
  #sharers = 0;

  constructor(pool: object, outer: TaskHold | undefined, label: string | undefined, isBrief = false) {
    this.pool = pool;
    this.#outer = outer;
    this.label = label;
    this.isBrief = isBrief;
  }

  /** The task around this one that has not ended. Those that have are let go of: where each task starts the next before it ends, none keeps all before it. */
  get outer(): TaskHold | undefined {
    while (this.#outer?.ended === true) this.#outer = this.#outer.#outer;
    return this.#outer;
  }

  /** The task is over, and nobody shares what it had. What it started may still run in its context, and start others from there. */
  get ended(): boolean {
    return this.#isOver && this.#sharers === 0;
  }

  over(): void {
    this.#isOver = true;
    this.#outer = this.outer;
  }

  /** Told by the engine: this was lent to the task. */
  took(entry: Entry<unknown>, leaseId: number): void {
    this.#entry = entry;
    this.#leaseId = leaseId;
  }

  get holds(): boolean {
    return this.#entry !== undefined && this.#entry.leaseId === this.#leaseId;
  }

  /** A second lease of what the task has. Its release leaves it to the task, whose own waits for it. */
  share(): Lease<unknown> | undefined {
    if (this.#entry === undefined || !this.holds) return undefined;
    this.#sharers++;
    return new SharedLease(this.#entry, this.#leaseId, () => this.#sharers--);
  }
}

const context = new AsyncLocalStorage<TaskHold>();

/** The innermost task of this pool around the caller. */
export function holdOf(pool: object): TaskHold | undefined {
  for (let hold = around(); hold !== undefined; hold = hold.outer) if (hold.pool === pool) return hold;
  return undefined;
}

/** Is the caller inside of a task, of whatever pool? */
export function isInTask(): boolean {
  return around() !== undefined;
}

/** Runs a task as one that borrows from `pool`. */
export function asHolder<T>(pool: object, label: string | undefined, task: (hold: TaskHold) => Promise<T>): Promise<T> {
  const hold = new TaskHold(pool, around(), label);
  return context.run(hold, runToEnd, task, hold);
}

/** The innermost task around the caller that has not ended. */
function around(): TaskHold | undefined {
  const hold = context.getStore();
  return hold?.ended === true ? hold.outer : hold;
}

async function runToEnd<T>(task: (hold: TaskHold) => Promise<T>, hold: TaskHold): Promise<T> {
  try {
    return await task(hold);
  } finally {
    hold.over();
  }
}

/** Borrowing for a task that may give back and take again while it runs; a session works so. */
export interface Borrower<out R> {
  /**
   * Like the pool's, in the name of the task. One lease at a time. The caller releases it.
   * @param isBrief for one statement, after which it is given back: others may wait for that
   */
  acquire(options?: AcquireOptions, isBrief?: boolean): Promise<Lease<R>>;
}

/** A pool's own way to serve {@link borrowing}; a pool without one is borrowed from plainly. */
export const borrow = Symbol("borrow");

interface BorrowingPool<R> {
  [borrow]<T>(task: (borrower: Borrower<R>) => Promise<T>, label: string | undefined): Promise<T>;
}

/** Runs a task that borrows from `pool` now and then, with the pool's self-deadlock detection. */
export function borrowing<R, T>(
  pool: Pool<R>,
  task: (borrower: Borrower<R>) => Promise<T>,
  label?: string,
): Promise<T> {
  if (borrow in pool) return (pool as Pool<R> & BorrowingPool<R>)[borrow](task, label);
  return task(plainBorrower(pool));
}

/** Borrows in nobody's name. */
export function plainBorrower<R>(pool: Pool<R>): Borrower<R> {
  return { acquire: (options) => pool.acquire(options) };
}
