import { AsyncLocalStorage } from "node:async_hooks";
import type { Lease } from "./lease.js";
import type { AcquireOptions, Pool } from "./pool.js";

/**
 * A task that borrows through a callback form (`use`, `session`, `transaction`), as its async context knows it. Found through
 * AsyncLocalStorage by what the task calls, so that the pool can tell when a task waits for what it holds itself.
 */
export interface Hold {
  readonly pool: object;
  readonly outer: Hold | undefined;
  readonly label: string | undefined;
  /** The lease the task has now; none before its first and while it works without a connection. */
  lease: Lease<unknown> | undefined;
  /** How many acquires made inside this task wait in its pool's queue. */
  waiting: number;
  /** The task is over. What it started may still run in its context, and start others from there. */
  ended: boolean;
}

const context = new AsyncLocalStorage<Hold>();

/** The innermost task of this pool around the caller. */
export function holdOf(pool: object): Hold | undefined {
  for (let hold = around(); hold !== undefined; hold = hold.outer) if (hold.pool === pool) return hold;
  return undefined;
}

/** Runs a task as one that borrows from `pool`. */
export function asHolder<T>(pool: object, label: string | undefined, task: (hold: Hold) => Promise<T>): Promise<T> {
  const hold: Hold = { pool, outer: around(), label, lease: undefined, waiting: 0, ended: false };
  return context.run(hold, runToEnd, task, hold);
}

/** The innermost task around the caller that has not ended: one that each time starts the next must not make a chain without end. */
function around(): Hold | undefined {
  let hold = context.getStore();
  while (hold?.ended === true) hold = hold.outer;
  return hold;
}

async function runToEnd<T>(task: (hold: Hold) => Promise<T>, hold: Hold): Promise<T> {
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
  /** The lease was released: the task no longer stands in anybody's way. */
  released(): void;
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
  return task({ acquire: (options) => pool.acquire(options), released: () => undefined });
}
