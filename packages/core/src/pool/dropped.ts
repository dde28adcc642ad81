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
  // Made at its full size: one that grows is copied three times on its way to 64.
  #leases: (PoolLease<R> | undefined)[] = room(FEW);
  #count = 0;

  add(lease: PoolLease<R>): void {
    if (this.#count === this.#leases.length) this.#renew();
    this.#leases[this.#count++] = lease;
  }

  /** Has `onDropped` called when one of them is garbage-collected without an end, and lets go of all. */
  watch(onDropped: (entry: Entry<unknown>) => void): void {
    for (const lease of this.#leases) {
      if (lease?.active !== true) continue;
      const entry = PoolLease.entryOf(lease);
      const record: LeaseRecord = { entry, leaseId: lease.id, onDropped };
      registry.register(lease, record, record);
      entry.watched = record;
    }
    this.clear();
  }

  clear(): void {
    this.#leases = room(FEW);
    this.#count = 0;
  }

  /** Goes on in a new list, with those that have not ended and as many places again, and {@link FEW} more. */
  #renew(): void {
    const leases = this.#leases;
    let kept = 0;
    for (const lease of leases) if (lease?.active === true) leases[kept++] = lease;
    const next = room<R>(2 * kept + FEW);
    for (let i = 0; i < kept; i++) next[i] = leases[i];
    this.#leases = next;
    this.#count = kept;
  }
}

const NONE = new Array<undefined>(FEW).fill(undefined);

function room<R>(size: number): (PoolLease<R> | undefined)[] {
  if (size === FEW) return NONE.slice();
  return new Array<PoolLease<R> | undefined>(size).fill(undefined);
}

/** The lease has ended. */
export function unwatch(entry: Entry<unknown>): void {
  if (entry.watched !== undefined) registry.unregister(entry.watched);
  entry.watched = undefined;
}
