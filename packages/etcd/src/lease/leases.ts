import { parseDuration, settlesWithin, systemClock, wrongArgument, type Duration } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { type CallOptions, readCallOptions } from "../kv/options.js";
import { type EtcdLease, KeptLease } from "./lease.js";

export interface LeaseOptions extends CallOptions {
  /** How long the server keeps it for a holder that is not heard of any more; in whole seconds, rounded up. @default 10_000 */
  ttl?: Duration;
}

const DEFAULT_TTL = 10_000;

/** The leases of one client. */
export class Leases {
  readonly #calls: Calls;
  readonly #callTimeout: number;
  readonly #kept = new Set<KeptLease>();

  constructor(calls: Calls, callTimeout: number) {
    this.#calls = calls;
    this.#callTimeout = callTimeout;
  }

  get size(): number {
    return this.#kept.size;
  }

  async grant(options: LeaseOptions = {}): Promise<EtcdLease> {
    const how = readCallOptions("lease", options, this.#callTimeout, ["ttl"]);
    const ttl = parseDuration(options.ttl ?? DEFAULT_TTL);
    if (ttl === undefined || ttl < 1 || ttl === Infinity)
      throw wrongArgument("lease: ttl", "a finite time of at least 1 ms", options.ttl);
    const lease = new KeptLease(this.#calls, this.#callTimeout, (ended) => this.#kept.delete(ended));
    this.#kept.add(lease);
    return await lease.grant(Math.ceil(ttl / 1_000), how);
  }

  /** Revokes all of them, and waits for that at most `ms`. */
  async close(ms: number): Promise<void> {
    const revoked = Promise.all([...this.#kept].map((lease) => lease.revoke()));
    await settlesWithin(systemClock, ms, revoked); // what is left ends by itself
  }
}
