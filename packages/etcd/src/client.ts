import { type Calls } from "./calls/calls.js";
import { type Tokens } from "./calls/tokens.js";
import { type Channel } from "./channel/channel.js";
import { type EtcdEntry } from "./kv/entry.js";
import { type Bytes, type Keyspace, type Selection } from "./kv/keyspace.js";
import { KeyValues, type PutOptions, type SwapOptions } from "./kv/kv.js";
import { type Deleted, type Found, type Swapped, type Written } from "./kv/results.js";
import { type CallOptions, type RangeOptions, type ReadOptions } from "./kv/options.js";
import { type Transaction, type TransactionResult } from "./kv/transaction.js";

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
  /** The same client, with `prefix` in front of every key, unseen. */
  namespace(prefix: Bytes): EtcdClient;
}

export interface ClientParts {
  readonly calls: Calls;
  readonly channel: Channel;
  readonly tokens: Tokens;
  readonly callTimeout: number;
  readonly keyspace: Keyspace;
}

export class Client implements EtcdClient {
  readonly #parts: ClientParts;
  readonly #kv: KeyValues;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#kv = new KeyValues(parts.calls, parts.keyspace, parts.callTimeout);
  }

  get(key: Bytes, options?: ReadOptions): Promise<EtcdEntry | undefined> {
    return this.#kv.get(key, options);
  }

  getAll(keys: Selection, options?: RangeOptions): Promise<Found> {
    return this.#kv.getAll(keys, options);
  }

  put(key: Bytes, value: Bytes, options?: PutOptions): Promise<Written> {
    return this.#kv.put(key, value, options);
  }

  delete(keys: Selection, options?: CallOptions & { previous?: boolean }): Promise<Deleted> {
    return this.#kv.delete(keys, options);
  }

  swap(key: Bytes, value: Bytes, options: SwapOptions): Promise<Swapped> {
    return this.#kv.swap(key, value, options);
  }

  transaction(transaction: Transaction, options?: CallOptions): Promise<TransactionResult> {
    return this.#kv.transaction(transaction, options);
  }

  namespace(prefix: Bytes): EtcdClient {
    return new Client({ ...this.#parts, keyspace: this.#parts.keyspace.within(prefix) });
  }

  /** Lets go of what outlives a call. */
  async end(_timeout: number): Promise<void> {}
}
