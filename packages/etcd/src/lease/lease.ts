import { PoolError, reasonOf, systemClock, type Timer } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { type LeaseHow, grantLease, keepLeaseAlive, newLeaseId, revokeLease } from "./lease-calls.js";

/**
 * A lease of etcd: keys that were put with it go when it ends. It is kept alive until it is revoked or lost. A process that is paused past the ttl
 * has lost it without having run a line of code; `isAlive` is right in the same turn.
 */
export interface EtcdLease extends AsyncDisposable {
  readonly id: bigint;
  /** As the server gives it, in ms. It may be more than was asked for. */
  readonly ttl: number;
  /** Aborted with a PoolError `LEASE_LOST` when it has ended without us, at the latest `ttl` ms after the server was last heard. Not by `revoke`. */
  readonly lost: AbortSignal;
  /** Ours still, by a monotonic deadline that is earlier than the server's. */
  isAlive(): boolean;
  /** Ends it, and deletes its keys. Idempotent; never rejects: one that cannot be revoked ends by itself after its ttl. */
  revoke(): Promise<void>;
}

/** How soon after a keep-alive that failed the next one is tried, in ms. */
const PAUSE = 100;
/** A keep-alive ends so long before the lease, in ms, that its failure is known by then. */
const LAST_WORD = 20;

export class KeptLease implements EtcdLease {
  readonly id = newLeaseId();
  readonly #calls: Calls;
  readonly #callTimeout: number;
  readonly #ended: (lease: KeptLease) => void;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #ttl = 0;
  #deadline = 0;
  #lastError: unknown;
  #timer: Timer | undefined;
  #expiry: Timer | undefined;
  #revoking: Promise<void> | undefined;

  /** @param ended called once, when there is nothing more to let go of */
  constructor(calls: Calls, callTimeout: number, ended: (lease: KeptLease) => void) {
    this.#calls = calls;
    this.#callTimeout = callTimeout;
    this.#ended = ended;
  }

  get ttl(): number {
    return this.#ttl;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  isAlive(): boolean {
    if (this.#over.signal.aborted) return false;
    if (performance.now() < this.#deadline) return true;
    this.#lose("it was not kept alive in time", this.#lastError);
    return false;
  }

  /** Has the server grant it. */
  async grant(seconds: number, how: LeaseHow): Promise<this> {
    const sentAt = performance.now();
    try {
      this.#granted(await grantLease(this.#calls, this.id, seconds, how), sentAt);
    } catch (error) {
      // The server may have granted it all the same.
      if (!(error instanceof PoolError) || error.details.sent !== false) void this.revoke();
      else this.#end();
      throw error;
    }
    return this;
  }

  revoke(): Promise<void> {
    return (this.#revoking ??= this.#revoke());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.revoke();
  }

  async #revoke(): Promise<void> {
    const wasOver = this.#over.signal.aborted;
    this.#end();
    if (wasOver) return;
    try {
      await revokeLease(this.#calls, this.id, { timeout: Math.min(this.#callTimeout, this.#ttl || Infinity) });
    } catch {
      // It ends by itself.
    }
  }

  #granted(seconds: number, sentAt: number): void {
    if (this.#over.signal.aborted) return;
    if (seconds <= 0) return this.#lose("the server has it no more");
    this.#lastError = undefined;
    this.#ttl = seconds * 1_000;
    // The server counts from when it got the request, which is later.
    this.#deadline = sentAt + this.#ttl;
    stop(this.#expiry);
    this.#expiry = systemClock.setTimeout(() => this.isAlive(), this.#deadline - performance.now() + 1);
    this.#expiry.unref();
    this.#schedule(Math.max(0, sentAt + this.#ttl / 3 - performance.now()));
  }

  #schedule(ms: number): void {
    stop(this.#timer);
    this.#timer = systemClock.setTimeout(() => void this.#keepAlive(), ms);
    this.#timer.unref();
  }

  async #keepAlive(): Promise<void> {
    if (!this.isAlive()) return;
    const sentAt = performance.now();
    try {
      const how = { timeout: Math.max(1, this.#deadline - sentAt - LAST_WORD), signal: this.#over.signal };
      this.#granted(await keepLeaseAlive(this.#calls, this.id, how), sentAt);
    } catch (error) {
      this.#lastError = error;
      if (this.isAlive()) this.#schedule(PAUSE);
    }
  }

  #lose(why: string, cause?: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#end();
    const because = cause === undefined ? "" : `: ${reasonOf(cause)}`;
    const message = `etcd ${JSON.stringify(this.#calls.name)}: a lease was lost, ${why}${because}`;
    this.#lost.abort(new PoolError("LEASE_LOST", message, { ...(cause !== undefined && { cause }) }));
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error("the lease has ended"));
    stop(this.#timer);
    stop(this.#expiry);
    this.#ended(this);
  }
}

function stop(timer: Timer | undefined): void {
  if (timer !== undefined) systemClock.clearTimeout(timer);
}
