import { type IKeyValue } from "etcd3";
import { type Keyspace } from "./keyspace.js";

/** A key with its value, as it was at one revision. */
export class EtcdEntry {
  readonly #found: IKeyValue;
  readonly #keyspace: Keyspace;

  constructor(found: IKeyValue, keyspace: Keyspace) {
    this.#found = found;
    this.#keyspace = keyspace;
  }

  /** Without the namespace's prefix. */
  get key(): string {
    return this.keyBytes.toString();
  }

  get keyBytes(): Buffer {
    return this.#keyspace.strip(this.#found.key);
  }

  get value(): string {
    return this.#found.value.toString();
  }

  get bytes(): Buffer {
    return this.#found.value;
  }

  /** The store's revision when the key was made. */
  get createRevision(): bigint {
    return BigInt(this.#found.create_revision);
  }

  /** The store's revision when it was last written. Grows with every write, and is what `swap` compares. */
  get modRevision(): bigint {
    return BigInt(this.#found.mod_revision);
  }

  /** How often it was written since it was made. */
  get version(): bigint {
    return BigInt(this.#found.version);
  }

  /** The lease that it goes with; undefined where it stays. */
  get leaseId(): bigint | undefined {
    return this.#found.lease === "0" ? undefined : BigInt(this.#found.lease);
  }
}
