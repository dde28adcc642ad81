import { readFlag, readObject } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { EtcdEntry } from "./entry.js";
import { type Bytes, type Keyspace, type Selection, toBuffer } from "./keyspace.js";
import {
  type CallOptions,
  READ,
  type RangeOptions,
  rangeRequestOf,
  readCallOptions,
  type ReadOptions,
  requireNumber,
} from "./options.js";
import { type Deleted, type Found, type Swapped, type Written } from "./results.js";
import { type LeaseRef, leaseIdOf } from "./lease-ref.js";
import { runTransaction, type Transaction, type TransactionResult } from "./transaction.js";

export interface PutOptions extends CallOptions {
  /** The key goes when this lease ends. */
  lease?: LeaseRef;
  /** Whether the entry of before comes back. @default false */
  previous?: boolean;
}

export interface SwapOptions extends CallOptions {
  /** The revision that the key must have been written at last; `0n` when it must not be there. */
  ifRevision: bigint;
  lease?: LeaseRef;
}

/** Keys and values below one prefix. */
export class KeyValues {
  readonly #calls: Calls;
  readonly #keyspace: Keyspace;
  readonly #callTimeout: number;

  constructor(calls: Calls, keyspace: Keyspace, callTimeout: number) {
    this.#calls = calls;
    this.#keyspace = keyspace;
    this.#callTimeout = callTimeout;
  }

  async get(key: Bytes, options?: ReadOptions): Promise<EtcdEntry | undefined> {
    const how = readCallOptions("get", options, this.#callTimeout, READ);
    const request = { key: this.#keyspace.key("get", key), ...(options && rangeRequestOf("get", options)) };
    const requireLeader = request.serializable !== true;
    const { kvs } = await this.#calls.run(this.#calls.protocol.range, request, {
      command: "GET",
      kind: "read",
      requireLeader,
      ...how,
    });
    return kvs[0] && new EtcdEntry(kvs[0], this.#keyspace);
  }

  async getAll(keys: Selection, options?: RangeOptions): Promise<Found> {
    const how = readCallOptions("getAll", options, this.#callTimeout, [
      ...READ,
      "limit",
      "sortBy",
      "order",
      "keysOnly",
    ]);
    const request = { ...this.#keyspace.range("getAll", keys), ...rangeRequestOf("getAll", options) };
    const requireLeader = request.serializable !== true;
    const { kvs, count, header } = await this.#calls.run(this.#calls.protocol.range, request, {
      command: "RANGE",
      kind: "read",
      requireLeader,
      ...how,
    });
    return { entries: this.#entries(kvs), count: Number(count), revision: BigInt(header.revision) };
  }

  async put(key: Bytes, value: Bytes, options?: PutOptions): Promise<Written> {
    const how = readCallOptions("put", options, this.#callTimeout, ["lease", "previous"]);
    const previous = readFlag("put: previous", options?.previous) ?? false;
    const request = {
      key: this.#keyspace.key("put", key),
      value: toBuffer("put: value", value),
      ...(options?.lease !== undefined && { lease: leaseIdOf("put: lease", options.lease) }),
      ...(previous && { prev_kv: true }),
    };
    const { header, prev_kv } = await this.#calls.run(this.#calls.protocol.put, request, {
      command: "PUT",
      kind: "write",
      ...how,
    });
    // Left out of the message where there was none.
    const before = previous ? (prev_kv as typeof prev_kv | null) : null;
    return { revision: BigInt(header.revision), previous: before ? new EtcdEntry(before, this.#keyspace) : undefined };
  }

  async delete(keys: Selection, options?: CallOptions & { previous?: boolean }): Promise<Deleted> {
    const how = readCallOptions("delete", options, this.#callTimeout, ["previous"]);
    const previous = readFlag("delete: previous", options?.previous) ?? false;
    const request = { ...this.#keyspace.range("delete", keys), ...(previous && { prev_kv: true }) };
    const { header, deleted, prev_kvs } = await this.#calls.run(this.#calls.protocol.deleteRange, request, {
      command: "DELETE",
      kind: "write",
      ...how,
    });
    return { revision: BigInt(header.revision), deleted: Number(deleted), previous: this.#entries(prev_kvs) };
  }

  async swap(key: Bytes, value: Bytes, options: SwapOptions): Promise<Swapped> {
    readObject("swap: options", options);
    const how = readCallOptions("swap", options, this.#callTimeout, ["ifRevision", "lease"]);
    const { ifRevision, lease } = options;
    requireNumber("swap: ifRevision", ifRevision);
    const put = { put: key, value, ...(lease !== undefined && { lease }) };
    const { succeeded, revision, results } = await runTransaction(
      this.#calls,
      this.#keyspace,
      { if: [{ key, modRevision: ifRevision }], then: [put], else: [{ get: key }] },
      how,
    );
    if (succeeded) return { swapped: true, revision };
    const [found] = results;
    return { swapped: false, revision, found: found?.did === "get" ? found.entries[0] : undefined };
  }

  transaction(transaction: Transaction, options?: CallOptions): Promise<TransactionResult> {
    const how = readCallOptions("transaction", options, this.#callTimeout);
    return runTransaction(this.#calls, this.#keyspace, transaction, how);
  }

  #entries(found: readonly ConstructorParameters<typeof EtcdEntry>[0][]): readonly EtcdEntry[] {
    return found.map((one) => new EtcdEntry(one, this.#keyspace));
  }
}
