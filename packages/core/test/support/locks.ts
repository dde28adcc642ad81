import { createLock, memoryLockStore, type ManagedLock } from "../../src/index.js";
import { FakeLockStore } from "./fake-lock-store.js";
import { ManualClock } from "./manual-clock.js";

export interface Locks {
  readonly clock: ManualClock;
  readonly store: FakeLockStore;
  readonly lock: ManagedLock;
  /** Another process's, over the same backend by a good line. */
  readonly other: ManagedLock;
  readonly otherStore: FakeLockStore;
}

/** The locks of two processes over one backend. @param tells the store tells when a key may be free */
export function twoLocks(tells = false): Locks {
  const clock = new ManualClock();
  const backend = memoryLockStore(clock);
  const store = new FakeLockStore(clock, backend, tells);
  const otherStore = new FakeLockStore(clock, backend, tells);
  const options = { clock, random: () => 0.5 };
  return { clock, store, otherStore, lock: createLock(store, options), other: createLock(otherStore, options) };
}

/** What a promise has come to so far. */
export interface Seen<T> {
  value?: T;
  error?: unknown;
  settled: boolean;
}

export function watch<T>(promise: Promise<T>): Seen<T> {
  const seen: Seen<T> = { settled: false };
  promise.then(
    (value) => Object.assign(seen, { value, settled: true }),
    (error: unknown) => Object.assign(seen, { error, settled: true }),
  );
  return seen;
}
