import { type Lock } from "@pool/core";
import { type DocumentOptions, type EtcdDocument } from "./document/document.js";
import { type EtcdEntry } from "./kv/entry.js";
import { type Bytes, type Selection } from "./kv/keyspace.js";
import { type PutOptions, type SwapOptions } from "./kv/kv.js";
import { type CallOptions, type RangeOptions, type ReadOptions } from "./kv/options.js";
import { type Deleted, type Found, type Swapped, type Written } from "./kv/results.js";
import { type Transaction, type TransactionResult } from "./kv/transaction.js";
import { type EtcdLease } from "./lease/lease.js";
import { type LeaseOptions } from "./lease/leases.js";
import { type EtcdWatch, type WatchOptions } from "./watch/events.js";

/** What a connected {@link etcd} gives. All callers share one connection; every call settles within its timeout. */
export interface EtcdClient {
  get(key: Bytes, options?: ReadOptions): Promise<EtcdEntry | undefined>;
  getAll(keys: Selection, options?: RangeOptions): Promise<Found>;
  /** Never repeated by itself once it may have been sent: rejects with `OUTCOME_UNKNOWN` then. */
  put(key: Bytes, value: Bytes, options?: PutOptions): Promise<Written>;
  /** As `put` is, never repeated by itself. */
  delete(keys: Selection, options?: CallOptions & { previous?: boolean }): Promise<Deleted>;
  /** Writes the key if it was written last at `ifRevision`; resolves with what was found instead. */
  swap(key: Bytes, value: Bytes, options: SwapOptions): Promise<Swapped>;
  transaction(transaction: Transaction, options?: CallOptions): Promise<TransactionResult>;
  /** A lease that is kept alive until it is revoked, and revoked with the connector's end. Keys that are put with it go when it ends. */
  lease(options?: LeaseOptions): Promise<EtcdLease>;
  /**
   * Changes of some keys, for one reader: in order, each once, also over breaks of the connection. What the store has forgotten meanwhile is told as a
   * `gap`, and made good by a `snapshot` where that is asked for.
   * @throws PoolError `INVALID_ARGUMENT`
   */
  watch(keys: Selection, options?: WatchOptions): EtcdWatch;
  /** Locks, by keys of their own below `lock/` in the namespace. */
  readonly lock: Lock;
  /**
   * Watched configuration: a typed document, checked at every change; the last good version stays in force when a bad one is written.
   * @throws PoolError `DOCUMENT_MISSING`, `DOCUMENT_INVALID` when the first version is no good; `COMMAND_TIMEOUT`
   */
  document<T = unknown>(key: Bytes, options?: DocumentOptions<T>): Promise<EtcdDocument<T>>;
  /** The same client, with `prefix` in front of every key, unseen. */
  namespace(prefix: Bytes): EtcdClient;
}
