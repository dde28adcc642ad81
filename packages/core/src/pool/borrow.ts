import { AsyncLocalStorage } from "node:async_hooks";
import type { Entry } from "./entry.js";
import { SharedLease, type Lease } from "./lease.js";
import type { AcquireOptions, Pool } from "./pool.js";

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
  readonly outer: TaskHold | undefined;
  readonly label: string | undefined;
  /** How many acquires made inside this task wait in its pool's queue. */
  waiting = 0;
  /** The task is over. What it started may still run in its context, and start others from there. */
  ended = false;
  #entry: Entry<unknown> | undefined;
  #leaseId = 0;

  constructor(pool: object, outer: TaskHold | undefined, label: string | undefined) {
    this.pool = pool;
    this.outer = outer;
    this.label = label;
  }

  /** Told by the engine: this was lent to the task. */
  took(entry: Entry<unknown>, leaseId: number): void {
    this.#entry = entry;
    this.#leaseId = leaseId;
  }

  get holds(): boolean {
    return this.#entry !== undefined && this.#entry.leaseId === this.#leaseId;
  }

  /** A second lease of what the task has, whose release leaves it to the task. */
  share(): Lease<unknown> | undefined {
    return this.#entry === undefined || !this.holds ? undefined : new SharedLease(this.#entry, this.#leaseId);
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

/** The innermost task around the caller that has not ended: one that each time starts the next must not make a chain without end. */
function around(): TaskHold | undefined {
  let hold = context.getStore();
  while (hold?.ended === true) hold = hold.outer;
  return hold;
}

async function runToEnd<T>(task: (hold: TaskHold) => Promise<T>, hold: TaskHold): Promise<T> {
  try {
    return await task(hold);
  } finally {
    hold.ended = true;
  }
}

/** Borrowing for a task that may give back and take again while it runs; a session works so. */
export interface Borrower<out R> {
  /** Like the pool's, in the name of the task. One lease at a time. The caller releases it. */
  acquire(options?: AcquireOptions): Promise<Lease<R>>;
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
