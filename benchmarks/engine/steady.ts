import { cpuTime } from "../lib/cpu-time.ts";
import type { Subject } from "./subject.ts";

/*
 * The loads that borrow and return. Each engine gets an instance of this module of its own (see load-for.ts), so that every call
 * in here is compiled for one engine: with shared code, the cost of not knowing whom one calls would hide the fast ones' differences.
 */

/** One unit of a load; resolves with the number of borrows that it made. */
export type Unit = (subject: Subject<unknown>) => Promise<number>;

/** Where the ids go, so that no compiler drops the read of the resource. */
let sum = 0;
export const checksum = (): number => sum;

const nextMicrotask = Promise.resolve();

/** One borrower in a loop that always finds something idle. */
export const uncontended =
  (count: number): Unit =>
  async (subject) => {
    for (let i = 0; i < count; i++) {
      const lease = await subject.acquire();
      sum += subject.idOf(lease);
      subject.release(lease);
    }
    return count;
  };

/*
 * The functions that borrow are made once, and told whom from before each unit. Made anew in each, their code went with the collection before every measurement, and much of
 * it was compiling them again: the more an engine's code can be compiled into its caller, the more.
 */

/** Many tasks at once, each of which calls again and again a function that borrows, and holds for one microtask. */
export const tasks = (count: number, borrows: number): Unit => {
  let from: Subject<unknown>;
  const borrow = async (): Promise<void> => {
    const lease = await from.acquire();
    sum += from.idOf(lease);
    await nextMicrotask;
    from.release(lease);
  };
  const task = async (): Promise<void> => {
    for (let i = 0; i < borrows; i++) await borrow();
  };
  return async (subject) => {
    from = subject;
    await Promise.all(Array.from({ length: count }, task));
    return count * borrows;
  };
};

/** All ask at once, each in a function of its own that returns what it got at once. */
export const burst = (count: number): Unit => {
  let from: Subject<unknown>;
  const borrower = async (): Promise<void> => {
    const lease = await from.acquire();
    sum += from.idOf(lease);
    from.release(lease);
  };
  return async (subject) => {
    from = subject;
    const borrowers = new Array<Promise<void>>(count);
    for (let i = 0; i < count; i++) borrowers[i] = borrower();
    // In order, since most end in the order in which they asked: Promise.all would cost more than the borrowers.
    for (const each of borrowers) await each;
    return count;
  };
};

/** Runs units until the budget is used up; resolves with nanoseconds of CPU per borrow. */
export async function timed(unit: Unit, subject: Subject<unknown>, budgetMs: number): Promise<number> {
  const start = cpuTime();
  let borrows = 0;
  let spent: number;
  do {
    borrows += await unit(subject);
    spent = cpuTime() - start;
  } while (spent < budgetMs);
  return (spent * 1e6) / borrows;
}
