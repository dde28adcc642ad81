import type { PoolPoint } from "../snapshot/pool-snapshot.js";
import type { Parts } from "../parts.js";
import type { HolderSnapshot } from "../snapshot/pool-snapshot.js";
import type { PoolGroup } from "./census.js";
import type { PoolBook } from "./pool-book.js";
import { viewHolder } from "./view-holder.js";

/** The holders of the pools of one name, the longest hold first. */
export function holdersOf(parts: Parts, { name, pools }: PoolGroup, now: number): HolderSnapshot[] {
  const { books, leaks, traces } = parts;
  const transactions = books.get(name).transactions;
  const views = pools
    .flatMap((pool) => pool.holders())
    .map((holder) => {
      const { leaseId } = holder;
      const since = transactions.get(leaseId);
      const transactionMs = holder.inTransaction === true ? now - (since ?? now) : undefined;
      return viewHolder(holder, {
        transactionMs,
        traceId: traces.of(name, leaseId),
        leak: leaks.isOpen(name, leaseId),
      });
    });
  return pools.length > 1 ? views.sort((one, other) => other.heldMs - one.heldMs) : views;
}

/** A second is over: which leases are out, and since when which transactions are open. Free where nothing is lent. */
export function noteHolders({ traces }: Parts, book: PoolBook, { pools, stats }: PoolGroup, now: number): void {
  if (stats.leased === 0) {
    traces.keep(book.name, []);
    if (book.transactions.size > 0) book.transactions = new Map();
    return;
  }
  const holders = pools.flatMap((pool) => pool.holders());
  traces.keep(book.name, holders);
  const before = book.transactions;
  const open = holders.filter(({ inTransaction }) => inTransaction === true);
  book.transactions = new Map(open.map(({ leaseId }) => [leaseId, before.get(leaseId) ?? now]));
}

/** A second is over: how the pool stands, and what happened meanwhile. */
export function pointOf(book: PoolBook, { stats }: PoolGroup, time: number): PoolPoint {
  const { wait, hold } = book.times;
  const { acquired, statements } = book;
  const { errors, timeouts } = book.counts;
  const since = book.atLastPoint;
  const point: PoolPoint = {
    time,
    leased: stats.leased,
    idle: stats.idle,
    waiting: stats.waiting,
    limit: stats.maxSize,
    waitP95: wait.tick.summarise().p95,
    waitP99: wait.tick.summarise().p99,
    holdP95: hold.tick.summarise().p95,
    holdP99: hold.tick.summarise().p99,
    acquired,
    statements,
    errors: errors.total - since.errors,
    timeouts: timeouts.total - since.timeouts,
  };
  book.atLastPoint = { errors: errors.total, timeouts: timeouts.total };
  return point;
}
