import type { Entry } from "./entry.js";
import { PoolLease } from "./lease.js";

/** What is left of a lease when nobody holds the lease itself. Must not refer to it. */
export interface LeaseRecord {
  readonly entry: Entry<unknown>;
  readonly leaseId: number;
  onDropped(entry: Entry<unknown>): void;
}

const registry = new FinalizationRegistry<LeaseRecord>((record) => {
  if (record.entry.leaseId === record.leaseId) record.onDropped(record.entry);
});

/** After so many loans the list is made anew. */
const RENEWED_AFTER = 4096;

/**
 * The leases that began since the last sweep: by then most have ended, and only the rest are worth watching for garbage collection, since registering one
 * costs 200 ns. Each entry has a place, for its latest: no other of its leases can last. They stand in a list that is made anew again and again, and not in
 * their entries: noting a new object in an old one is what V8's collector makes dear.
 */
export class RecentLeases<R> {
  #leases: (PoolLease<R> | undefined)[] = [];
  readonly #free: number[] = [];
  #left = RENEWED_AFTER;

  /** A place for a new entry. */
  takePlace(): number {
    return this.#free.pop() ?? this.#leases.push(undefined) - 1;
  }

  /** The entry that had it has left for good. */
  freePlace(place: number): void {
    this.#leases[place] = undefined;
    this.#free.push(place);
  }

  /** @param place that of its entry */
  add(lease: PoolLease<R>, place: number): void {
    if (--this.#left < 0) this.#renew();
    this.#leases[place] = lease;
  }

  /** Has `onDropped` called when one of them is garbage-collected without an end, and lets go of all. */
  watch(onDropped: (entry: Entry<unknown>) => void): void {
    for (const lease of this.#leases) {
      if (lease?.active !== true) continue;
      const entry = PoolLease.entryOf(lease);
      const record: LeaseRecord = { entry, leaseId: lease.id, onDropped };
      registry.register(lease, record, record);
      entry.watched = record;
      entry.marked = true;
    }
    this.clear();
  }

  clear(): void {
    this.#leases = this.#leases.fill(undefined).slice();
  }

  #renew(): void {
    this.#leases = this.#leases.slice();
    this.#left = RENEWED_AFTER;
  }
}

/** The lease has ended. */
export function unwatch(entry: Entry<unknown>): void {
  if (entry.watched !== undefined) registry.unregister(entry.watched);
  entry.watched = undefined;
}
