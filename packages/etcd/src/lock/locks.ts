import { createLock, type LockStore, type ManagedLock } from "@pool/core";
import { type WatchSourceParts } from "../watch/watch-source.js";
import { type Watches } from "../watch/watches.js";
import { EtcdLockStore } from "./lock-store.js";

/** Where locks have their keys, in a namespace. */
const FOLDER = "lock/";

/** The locks of one client, one set for each namespace. */
export class Locks {
  readonly #byPrefix = new Map<string, ManagedLock>();

  of(parts: WatchSourceParts, watches: Watches): ManagedLock {
    const name = parts.keyspace.prefix.toString("hex");
    const known = this.#byPrefix.get(name);
    if (known !== undefined) return known;
    const lock = createLock(storeOf(parts, watches));
    this.#byPrefix.set(name, lock);
    return lock;
  }

  async close(timeout: number): Promise<void> {
    await Promise.all([...this.#byPrefix.values()].map((lock) => lock.close({ timeout })));
  }
}

export function storeOf(parts: WatchSourceParts, watches: Watches): LockStore {
  const keyspace = parts.keyspace.within(FOLDER);
  return new EtcdLockStore({
    ...parts,
    keyspace,
    watch: (key, fromRevision, signal) => watches.watch({ ...parts, keyspace }, key, { fromRevision, signal }),
  });
}
