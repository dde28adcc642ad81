import { wrongArgument } from "@pool/core";

/** A key or a value: text (UTF-8) or bytes. */
export type Bytes = string | Uint8Array;

/** One key, all that begin with something, or all from one up to another (without it; left out: to the end). `{ prefix: "" }` is everything. */
export type Selection = Bytes | { readonly prefix: Bytes } | { readonly from: Bytes; readonly to?: Bytes };

/** A selection as etcd takes it. */
export interface KeyRange {
  readonly key: Buffer;
  readonly range_end?: Buffer;
}

// To etcd it means "no end" as the end of a range, and "the first key" as its beginning.
const ZERO = Buffer.from([0]);

/** The keys below a prefix, which callers do not see. */
export class Keyspace {
  readonly prefix: Buffer;

  constructor(prefix: Buffer) {
    this.prefix = prefix;
  }

  /** The keys below another prefix in this one. */
  within(prefix: Bytes): Keyspace {
    return new Keyspace(this.#full(toBuffer("namespace: prefix", prefix)));
  }

  /** @throws PoolError `INVALID_ARGUMENT` for what is no key */
  key(call: string, key: unknown): Buffer {
    const bytes = toBuffer(`${call}: key`, key);
    if (bytes.length === 0) throw wrongArgument(`${call}: key`, "a text or bytes that are not empty", "");
    return this.#full(bytes);
  }

  /** @throws PoolError `INVALID_ARGUMENT` for what is no selection */
  range(call: string, selection: unknown): KeyRange {
    if (typeof selection === "string" || selection instanceof Uint8Array) return { key: this.key(call, selection) };
    const { prefix, from, to } = Object(selection) as { prefix?: unknown; from?: unknown; to?: unknown };
    if (prefix !== undefined && from === undefined && to === undefined) {
      const full = this.#full(toBuffer(`${call}: prefix`, prefix));
      return { key: full.length === 0 ? ZERO : full, range_end: endOf(full) };
    }
    if (from === undefined || prefix !== undefined)
      throw wrongArgument(`${call}: keys`, "a key, { prefix } or { from, to }", selection);
    const key = this.#full(toBuffer(`${call}: from`, from));
    const end = to === undefined ? endOf(this.prefix) : this.#full(toBuffer(`${call}: to`, to));
    return { key: key.length === 0 ? ZERO : key, range_end: end };
  }

  /** The key as callers know it. */
  strip(key: Buffer): Buffer {
    return this.prefix.length === 0 ? key : key.subarray(this.prefix.length);
  }

  #full(key: Buffer): Buffer {
    return this.prefix.length === 0 ? key : Buffer.concat([this.prefix, key]);
  }
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function toBuffer(what: string, value: unknown): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw wrongArgument(what, "a text or bytes", value);
}

/** The first key behind all that begin with `prefix`. */
function endOf(prefix: Buffer): Buffer {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last] ?? 0xff;
    if (byte === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, last + 1));
    end[last] = byte + 1;
    return end;
  }
  return ZERO;
}
