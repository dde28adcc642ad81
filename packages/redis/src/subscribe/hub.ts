import { type Pool, type PoolError, systemClock, unlessAborted, withTimeout } from "@pool/core";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { failure, replyError, timeoutError } from "../errors.js";
import { Ear } from "./ear.js";
import { Interests } from "./interests.js";
import { type Subscriber } from "./subscriber.js";

export interface HubOptions {
  readonly where: string;
  readonly commandTimeout: number;
  readonly pingInterval: number;
}

const TRY_AGAIN = 200;

/** All subscriptions of one client, over one connection that is open while there is one. */
export class Hub {
  readonly #pool: Pool<GuardedRedis>;
  readonly #options: HubOptions;
  readonly #interests = new Interests();
  #ear: Promise<Ear> | undefined;
  #lost: { readonly since: Date; readonly cause: unknown } | undefined;
  #isClosed = false;

  constructor(pool: Pool<GuardedRedis>, options: HubOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  /** Resolves when the server has confirmed all of it. Rejects with why it has not, and leaves nothing behind. */
  async add(subscriber: Subscriber, signal: AbortSignal | undefined): Promise<void> {
    const { where } = this.#options;
    if (this.#isClosed) throw failure("POOL_CLOSED", where, "closed", { command: "SUBSCRIBE", sent: false });
    signal?.throwIfAborted();
    const fresh = this.#interests.add(subscriber);
    try {
      await this.#inTime(this.#confirm(subscriber.byPattern, fresh), signal);
    } catch (error) {
      await this.remove(subscriber);
      throw asOurs(where, error);
    }
  }

  /** Never rejects. */
  async remove(subscriber: Subscriber): Promise<void> {
    subscriber.end();
    const gone = this.#interests.remove(subscriber);
    const ear = this.#ear;
    if (gone.length === 0 || ear === undefined) return;
    try {
      const { redis } = await this.#inTime(ear, undefined);
      if (this.#interests.isEmpty) this.#hangUp();
      else
        await this.#inTime(subscriber.byPattern ? redis.punsubscribe(...gone) : redis.unsubscribe(...gone), undefined);
    } catch {
      // Nobody hears of it any more, whatever the server does.
    }
  }

  close(): void {
    this.#isClosed = true;
    const closed = failure("POOL_CLOSED", this.#options.where, "closed", {});
    for (const one of this.#interests.subscribers) one.end(closed);
    this.#interests.clear();
    this.#hangUp();
  }

  #hangUp(): void {
    const ear = this.#ear;
    this.#ear = undefined;
    this.#lost = undefined;
    ear?.then((one) => one.close(undefined)).catch(() => undefined);
  }

  async #confirm(byPattern: boolean, names: readonly string[]): Promise<void> {
    const had = this.#ear;
    const { redis } = await (had ?? this.#connect());
    // One that was opened for this has been told all that there is.
    if (had === undefined || names.length === 0) return;
    await (byPattern ? redis.psubscribe(...names) : redis.subscribe(...names));
  }

  #connect(): Promise<Ear> {
    this.#ear = this.#open();
    this.#ear.catch(() => undefined); // told to whom waits for it
    return this.#ear;
  }

  async #open(): Promise<Ear> {
    try {
      const lease = await this.#pool.acquire({ timeout: Infinity, label: "subscriptions" });
      const ear: Ear = new Ear(lease, this.#options.pingInterval, {
        heard: (message) => this.#interests.notify(message),
        ended: (cause) => this.#ended(ear, cause),
      });
      const { channels, patterns } = this.#interests;
      const told = [
        ...(channels.length > 0 ? [ear.redis.subscribe(...channels)] : []),
        ...(patterns.length > 0 ? [ear.redis.psubscribe(...patterns)] : []),
      ];
      await Promise.all(told);
      this.#tellOfGap(ear);
      return ear;
    } catch (error) {
      this.#ear = undefined;
      this.#comeBack();
      throw error;
    }
  }

  #ended(ear: Ear, cause: unknown): void {
    if (this.#isClosed || this.#interests.isEmpty) return;
    this.#ear = undefined;
    this.#lost ??= { since: ear.aliveAt, cause };
    void this.#connect();
  }

  /** Nobody calls for it, and some listen still. */
  #comeBack(): void {
    setTimeout(() => {
      if (!this.#interests.isEmpty && this.#ear === undefined && !this.#isClosed) void this.#connect();
    }, TRY_AGAIN).unref();
  }

  #tellOfGap({ aliveAt: until }: Ear): void {
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost === undefined) return;
    for (const one of this.#interests.subscribers) one.gap({ ...lost, until });
  }

  async #inTime<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { where, commandTimeout } = this.#options;
    const late = (): PoolError => timeoutError(where, "SUBSCRIBE", true, commandTimeout);
    return await withTimeout(systemClock, commandTimeout, late, () => unlessAborted(signal, () => work));
  }
}

function asOurs(where: string, error: unknown): unknown {
  return error instanceof Error && error.name === "ReplyError" ? replyError(where, "SUBSCRIBE", error) : error;
}
