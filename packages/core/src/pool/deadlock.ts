import { PoolError } from "../errors.js";
import type { TaskHold } from "./borrow.js";
import type { Entry } from "./entry.js";
import { describeHolder } from "./holders.js";
import type { Holder } from "./stats.js";

/** An acquire made for `hold` has queued: the tasks of its pool around it wait with it. Those of other pools may hold what this pool never needs. */
export function startWaiting(hold: TaskHold): void {
  count(hold, 1);
}

export function stopWaiting(hold: TaskHold): void {
  count(hold, -1);
}

/**
 * Would a queued acquire for `hold` wait for ever? It would when every resource that there can be is lent to a task that waits here too,
 * or that the acquire is part of. A lease that was taken with a bare `acquire`, or for one statement, may come back at any time: it breaks every cycle.
 */
export function wouldDeadlock<R>(entries: ReadonlySet<Entry<R>>, maxSize: number, hold: TaskHold): boolean {
  if (entries.size < maxSize) return false;
  for (const entry of entries) {
    if (entry.leaseId === 0 || entry.hold === undefined || entry.hold.isBrief || entry.hold.ended) return false;
    if (entry.hold.waiting === 0 && !isAround(hold, entry.hold)) return false;
  }
  return true;
}

export function selfDeadlock(pool: string, hold: TaskHold, holders: readonly Holder[]): PoolError {
  const who = hold.label === undefined ? "a task" : JSON.stringify(hold.label);
  const message = `pool ${JSON.stringify(pool)}: ${who} asks for a resource inside a task that holds one, and all ${String(holders.length)} are held by tasks that wait here (${holders.map(describeHolder).join("; ")})`;
  const cycle = holders.map((holder) => holder.label ?? `lease ${String(holder.leaseId)}`);
  return new PoolError("SELF_DEADLOCK", message, { details: { pool, cycle, holders } });
}

function count(hold: TaskHold, change: 1 | -1): void {
  for (let task: TaskHold | undefined = hold; task !== undefined; task = task.outer) {
    if (task.pool === hold.pool) task.waiting += change;
  }
}

function isAround(inner: TaskHold, candidate: TaskHold): boolean {
  for (let task: TaskHold | undefined = inner; task !== undefined; task = task.outer)
    if (task === candidate) return true;
  return false;
}
