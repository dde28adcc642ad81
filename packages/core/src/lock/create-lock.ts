import { readObject, readFunction } from "../arguments.js";
import { KeyedLocks } from "./keyed-locks.js";
import type { LockStore, ManagedLock } from "./lock.js";
import { readLockOptions, type CreateLockOptions } from "./options.js";

/**
 * Locks over what an adapter's store can do. Asks the backend nothing by itself.
 * @throws PoolError `INVALID_OPTIONS` with every problem of the options, `INVALID_ARGUMENT` for a store that cannot be one
 */
export function createLock(store: LockStore, options: CreateLockOptions = {}): ManagedLock {
  readObject("createLock: store", store);
  for (const method of ["take", "renew", "drop"] as const) readFunction(`createLock: store.${method}`, store[method]);
  return new KeyedLocks(store, readLockOptions(store.kind, options));
}
