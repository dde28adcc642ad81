import { type Lock, type LockStore } from "@pool/core";
import { type EtcdClient } from "./client.js";
import { type DocumentOptions, type EtcdDocument } from "./document/document.js";
import { readDocumentOptions } from "./document/options.js";
import { WatchedDocument } from "./document/watched-document.js";
import { type EtcdEntry } from "./kv/entry.js";
import { type Bytes, type Selection } from "./kv/keyspace.js";
import { KeyValues, type PutOptions, type SwapOptions } from "./kv/kv.js";
import { type CallOptions, type RangeOptions, type ReadOptions } from "./kv/options.js";
import { type Deleted, type Found, type Swapped, type Written } from "./kv/results.js";
import { type Transaction, type TransactionResult } from "./kv/transaction.js";
import { type EtcdLease } from "./lease/lease.js";
import { type LeaseOptions, type Leases } from "./lease/leases.js";
import { type Locks, storeOf } from "./lock/locks.js";
import { type EtcdWatch, type WatchOptions } from "./watch/events.js";
import { type WatchSourceParts } from "./watch/watch-source.js";
import { type Watches } from "./watch/watches.js";

export interface ClientParts extends WatchSourceParts {
  readonly leases: Leases;
  readonly watches: Watches;
  readonly locks: Locks;
}

export class OpenedClient implements EtcdClient {
  readonly #parts: ClientParts;
  readonly #values: KeyValues;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#values = new KeyValues(parts.calls, parts.keyspace, parts.callTimeout);
  }

  get lock(): Lock {
    return this.#parts.locks.of(this.#parts, this.#parts.watches);
  }

  get lockStore(): LockStore {
    return storeOf(this.#parts, this.#parts.watches);
  }

  get(key: Bytes, options?: ReadOptions): Promise<EtcdEntry | undefined> {
    return this.#values.get(key, options);
  }

  getAll(keys: Selection, options?: RangeOptions): Promise<Found> {
    return this.#values.getAll(keys, options);
  }

  put(key: Bytes, value: Bytes, options?: PutOptions): Promise<Written> {
    return this.#values.put(key, value, options);
  }

  delete(keys: Selection, options?: CallOptions & { previous?: boolean }): Promise<Deleted> {
    return this.#values.delete(keys, options);
  }

  swap(key: Bytes, value: Bytes, options: SwapOptions): Promise<Swapped> {
    return this.#values.swap(key, value, options);
  }

  transaction(transaction: Transaction, options?: CallOptions): Promise<TransactionResult> {
    return this.#values.transaction(transaction, options);
  }

  lease(options?: LeaseOptions): Promise<EtcdLease> {
    return this.#parts.leases.grant(options);
  }

  watch(keys: Selection, options?: WatchOptions): EtcdWatch {
    return this.#parts.watches.watch(this.#parts, keys, options);
  }

  async document<T = unknown>(key: Bytes, options: DocumentOptions<T> = {}): Promise<EtcdDocument<T>> {
    const { timeout, signal } = readDocumentOptions(options, this.#parts.callTimeout);
    this.#parts.keyspace.key("document", key);
    signal?.throwIfAborted();
    const parts = {
      name: this.#parts.calls.name,
      values: this.#values,
      watch: (until: AbortSignal) => this.watch(key, { snapshot: true, signal: until }),
    };
    return await new WatchedDocument(parts, key, options).load(timeout);
  }

  namespace(prefix: Bytes): EtcdClient {
    return new OpenedClient({ ...this.#parts, keyspace: this.#parts.keyspace.within(prefix) });
  }

  /** Lets go of what outlives a call: of all namespaces. */
  async end(timeout: number): Promise<void> {
    const { watches, leases, locks } = this.#parts;
    await Promise.all([locks.close(timeout), leases.close(timeout)]);
    watches.close();
  }
}

/** The store behind `client.lock`, to make locks of with other settings (`createLock`). @throws Error for a client of another package */
export function etcdLockStore(client: EtcdClient): LockStore {
  if (!(client instanceof OpenedClient)) throw new Error("etcdLockStore takes a client of @pool/etcd");
  return client.lockStore;
}
