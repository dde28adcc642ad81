import { moment } from "../events.js";
import type { Engine } from "./engine.js";
import type { Entry } from "./entry.js";
import { PoolLease } from "./lease.js";
import type { Borrowing } from "./request.js";

const leases = moment("pool:lease");

/**
 * Lends an entry, which is in the state of one that is lent.
 * @param since when the wait began; -1 without one
 */
export function lend<R>(
  engine: Engine<R>,
  entry: Entry<R>,
  request: Borrowing | undefined,
  stack: string | undefined,
  now: number,
  since: number,
): PoolLease<R> {
  const id = ++engine.totals.acquired;
  entry.uses++;
  entry.leaseId = id;
  entry.leasedAt = now;
  if (request !== undefined || stack !== undefined || entry.marked) entry.holdAnew(request, stack);
  const lease = new PoolLease(entry, id);
  engine.recent.add(lease, entry.place);
  if (leases.hasSubscribers) {
    const leasedAt = (entry.lentAt = engine.exactNow());
    entry.marked = true;
    const waitedMs = since < 0 ? 0 : engine.refresh() - since;
    leases.publish({ pool: engine.name, leaseId: id, resourceId: entry.id, label: entry.label, waitedMs, leasedAt });
  }
  return lease;
}
