import type { Entry } from "./entry.js";
import { PoolLease } from "./lease.js";

const FEW = 64;

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
 * The leases that began since the last sweep: by then most have ended, and only the rest are worth watching for garbage collection, since
 * registering one costs 200 ns. They stand in a list that is made anew again and again, and not in their entries: noting a new object in an old
 * one is what V8's collector makes dear.
 */
export class RecentLeases<R> {
  #leases: PoolLease<R>[] = [];
  #limit = FEW;

  add(lease: PoolLease<R>): void {
    if (this.#leases.length >= this.#limit) this.#renew();
    this.#leases.push(lease);
  }

  /** Has `onDropped` called when one of them is garbage-collected without an end, and lets go of all. */
  watch(onDropped: (entry: Entry<unknown>) => void): void {
    for (const lease of this.#leases) {
      if (!lease.active) continue;
      const entry = PoolLease.entryOf(lease);
      const record: LeaseRecord = { entry, leaseId: lease.id, onDropped };
      registry.register(lease, record, record);
      entry.watched = record;
    }
    this.clear();
  }

  clear(): void {
    this.#leases = [];
    this.#limit = FEW;
  }

  #renew(): void {
    this.#leases = this.#leases.filter(({ active }) => active);
    this.#limit = 2 * this.#leases.length + FEW;
  }
}

/** The lease has ended. */
export function unwatch(record: LeaseRecord): void {
  registry.unregister(record);
}
