import type { Entry } from "./entry.js";
import type { PoolLease } from "./lease.js";

/** What is left of a lease when nobody holds the lease itself. Must not refer to it. */
export interface LeaseRecord {
  readonly entry: Entry<unknown>;
  readonly leaseId: number;
  onDropped(entry: Entry<unknown>): void;
}

const registry = new FinalizationRegistry<LeaseRecord>((record) => {
  if (record.entry.leaseId === record.leaseId) record.onDropped(record.entry);
});

/**
 * Has `onDropped` called when the lease is garbage-collected without an end. Registering costs 200 ns, so the sweep does it for the leases
 * that have lasted until then, and the rest never pay; from here on the entry no longer refers to the lease.
 */
export function watchForDrop<R>(entry: Entry<R>, onDropped: (entry: Entry<unknown>) => void): void {
  const lease: PoolLease<R> | undefined = entry.lease;
  if (lease === undefined) return;
  const record: LeaseRecord = { entry, leaseId: entry.leaseId, onDropped };
  registry.register(lease, record, record);
  entry.watched = record;
  entry.lease = undefined;
}

/** The lease has ended. */
export function unwatch(record: LeaseRecord): void {
  registry.unregister(record);
}
