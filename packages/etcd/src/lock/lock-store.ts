import { createHash } from "node:crypto";
import { type LockHeldElsewhere, type LockStore, type LockTaken } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { type How } from "../calls/how.js";
import { type Keyspace } from "../kv/keyspace.js";
import { grantLease, keepLeaseAlive, newLeaseId, revokeLease } from "../lease/lease-calls.js";
import { type EtcdWatch } from "../watch/events.js";

export interface LockStoreParts {
  readonly calls: Calls;
  /** Where the locks' keys are. */
  readonly keyspace: Keyspace;
  readonly callTimeout: number;
  watch(key: string, fromRevision: bigint, signal: AbortSignal): EtcdWatch;
}

/** A grant that is older than this when the key is taken has its time begin anew, in ms. */
const FRESH = 100;

/**
 * Locks in etcd: a key that goes with a lease of its own. The lease's id follows from key and owner, so that each step can be asked for again, and
 * the token is the store's revision at which the key was made: it grows with every holder.
 */
export class EtcdLockStore implements LockStore {
  readonly kind = "etcd";
  readonly #parts: LockStoreParts;
  /** When leases were last known to have their whole time before them, by id. */
  readonly #granted = new Map<bigint, number>();

  constructor(parts: LockStoreParts) {
    this.#parts = parts;
  }

  async take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere> {
    const found = await this.#read(key, signal);
    if (found !== undefined && found.owner !== owner) return {};
    const { calls } = this.#parts;
    const id = this.#leaseOf(key, owner);
    const how = this.#how(signal);
    if (found === undefined || !this.#granted.has(id)) {
      this.#granted.set(id, performance.now());
      await grantLease(calls, id, Math.ceil(ttl / 1_000), how);
      signal.throwIfAborted();
    }
    const token = found?.token ?? (await this.#create(key, owner, id, signal));
    if (token === undefined) {
      this.#forget(id);
      return {};
    }
    if (performance.now() - (this.#granted.get(id) ?? 0) > FRESH) {
      this.#granted.set(id, performance.now());
      if ((await keepLeaseAlive(calls, id, how)) === 0) return {}; // it ended meanwhile, and the key with it
    }
    return { token };
  }

  async renew(key: string, owner: string, _ttl: number, signal: AbortSignal): Promise<boolean> {
    const [seconds, found] = await Promise.all([
      keepLeaseAlive(this.#parts.calls, this.#leaseOf(key, owner), this.#how(signal)),
      this.#read(key, signal),
    ]);
    return seconds > 0 && found?.owner === owner;
  }

  /** The key goes with its lease; a key of somebody else goes with another. */
  async drop(key: string, owner: string, signal: AbortSignal): Promise<void> {
    const id = this.#leaseOf(key, owner);
    this.#granted.delete(id);
    await revokeLease(this.#parts.calls, id, this.#how(signal));
  }

  async untilFree(key: string, signal: AbortSignal): Promise<void> {
    const found = await this.#read(key, signal);
    if (found === undefined) return;
    await using watch = this.#parts.watch(key, found.revision + 1n, signal);
    for await (const event of watch) if (event.type === "delete" || event.type === "gap") return;
  }

  /** The token, or undefined when somebody was quicker. */
  async #create(key: string, owner: string, id: bigint, signal: AbortSignal): Promise<bigint | undefined> {
    const { calls, keyspace } = this.#parts;
    const bytes = keyspace.key("lock", key);
    const get = { request_range: { key: bytes } };
    const request = {
      compare: [{ key: bytes, target: "Create", result: "Equal", create_revision: "0" } as const],
      success: [{ request_put: { key: bytes, value: Buffer.from(owner), lease: id.toString() } }, get],
      failure: [get],
    };
    const how: How = { command: "LOCK", kind: "repeatable", ...this.#how(signal) };
    const { responses } = await calls.run(calls.protocol.txn, request, how);
    const made = responses.at(-1)?.response_range.kvs[0];
    return made?.value.toString() === owner ? BigInt(made.create_revision) : undefined;
  }

  async #read(key: string, signal: AbortSignal) {
    const { calls, keyspace } = this.#parts;
    const request = { key: keyspace.key("lock", key) };
    const how: How = { command: "LOCK READ", kind: "read", ...this.#how(signal) };
    const { kvs, header } = await calls.run(calls.protocol.range, request, how);
    const [kv] = kvs;
    if (kv === undefined) return undefined;
    return { owner: kv.value.toString(), token: BigInt(kv.create_revision), revision: BigInt(header.revision) };
  }

  #leaseOf(key: string, owner: string): bigint {
    const { keyspace } = this.#parts;
    const hash = createHash("sha256").update(keyspace.key("lock", key)).update("\0").update(owner).digest();
    return newLeaseId(hash);
  }

  /** A lease that was granted in vain is let go of: nobody waits for that. */
  #forget(id: bigint): void {
    this.#granted.delete(id);
    const how = { timeout: this.#parts.callTimeout };
    revokeLease(this.#parts.calls, id, how).catch(() => undefined); // it ends by itself
  }

  #how(signal: AbortSignal) {
    return { timeout: this.#parts.callTimeout, signal };
  }
}
