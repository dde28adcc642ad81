import { type Pool, type PoolError, systemClock, unlessAborted, withTimeout } from "@pool/core";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { failure, isClosed, isReply, isUnwritable, lostError, replyError, timeoutError } from "../errors.js";
import { type Ear } from "./ear.js";
import { Dialling } from "./dialling.js";
import { Interests } from "./interests.js";
import { type Subscriber } from "./subscriber.js";

export interface HubOptions {
  readonly where: string;
  readonly commandTimeout: number;
  readonly pingInterval: number;
}

/** All subscriptions of one client, over one connection that is open while there is one. */
export class Hub {
  readonly #pool: Pool<GuardedRedis>;
  readonly #options: HubOptions;
  readonly #interests = new Interests();
  readonly #dialling: Dialling;
  /** The connection, while it is open. */
  #ear: Ear | undefined;
  #isClosed = false;

  constructor(pool: Pool<GuardedRedis>, options: HubOptions) {
    this.#pool = pool;
    this.#options = options;
    this.#dialling = new Dialling(pool, options.pingInterval, {
      opened: (ear) => this.#opened(ear),
      heard: (message) => this.#interests.notify(message),
      ended: (ear, cause) => this.#ended(ear, cause),
    });
  }

  get connections(): number {
    return this.#pool.stats.size;
  }

  /** Resolves when the server has confirmed all of it. Rejects at once with why it has not; what that leaves on the server is undone behind it. */
  async add(subscriber: Subscriber, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isClosed) throw this.#closed();
    signal?.throwIfAborted();
    this.#interests.add(subscriber);
    try {
      await this.#inTime(this.#confirm(subscriber), signal);
      subscriber.isConfirmed = true;
    } catch (error) {
      void this.remove(subscriber);
      throw this.#reasonFor(error);
    }
  }

  /** Nothing is delivered from the call on. Resolves when the server has been told where that was needed; never rejects. */
  async remove(subscriber: Subscriber): Promise<void> {
    subscriber.end();
    const gone = this.#interests.remove(subscriber);
    const ear = this.#ear;
    try {
      if (ear !== undefined) await this.#inTime(ear.forget(subscriber.byPattern, gone), undefined);
    } catch {
      // Nobody hears of it any more, whatever the server does.
    } finally {
      this.#hangUpUnlessWanted(ear);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const one of this.#interests.subscribers) one.end(this.#closed());
    this.#interests.clear();
    this.#hangUpUnlessWanted(this.#ear);
    await this.#pool.close({ timeout: 0 });
  }

  async #confirm(subscriber: Subscriber): Promise<void> {
    const { byPattern, names } = subscriber;
    for (;;) {
      const ear = this.#ear ?? (await this.#dialling.dial());
      try {
        await ear.listen(byPattern, names);
        return;
      } catch (error) {
        if (subscriber.isOver || !(isClosed(error) || isUnwritable(error))) throw this.#asOurs(error);
        // It listens again when the next one is open.
        await ear.over;
      }
    }
  }

  /** Tells the server of everything that is wanted. */
  #opened(ear: Ear): void {
    this.#ear = ear;
    for (const one of this.#interests.subscribers) {
      ear.listen(one.byPattern, one.names).then(
        () => one.resume(),
        (error: unknown) => {
          // One that has just come is told by its own call, and a connection that has gone is followed by another.
          if (one.isConfirmed && isReply(error)) this.#refuse(one, this.#asOurs(error));
        },
      );
    }
  }

  #refuse(subscriber: Subscriber, error: Error): void {
    subscriber.fail(error);
    void this.remove(subscriber);
  }

  #ended(ear: Ear, cause: unknown): void {
    if (this.#ear !== ear) return;
    this.#ear = undefined;
    for (const one of this.#interests.subscribers) one.interrupt({ since: new Date(ear.provenAt), cause });
    if (!this.#interests.isEmpty) this.#dialling.dial().catch(() => undefined); // it goes on by itself
  }

  #hangUpUnlessWanted(ear: Ear | undefined): void {
    if (!this.#interests.isEmpty || this.#ear !== ear) return;
    this.#ear = undefined;
    ear?.hangUp();
    this.#dialling.stop(this.#isClosed ? this.#closed() : new Error("nobody waits for it"));
  }

  #closed(): PoolError {
    return failure("POOL_CLOSED", this.#options.where, "closed", { command: "SUBSCRIBE", sent: false });
  }

  #reasonFor(error: unknown): unknown {
    return this.#isClosed ? this.#closed() : error;
  }

  async #inTime<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { where, commandTimeout } = this.#options;
    const late = (): PoolError => timeoutError(where, "SUBSCRIBE", true, commandTimeout);
    return await withTimeout(systemClock, commandTimeout, late, () => unlessAborted(signal, () => work));
  }

  #asOurs(error: unknown): Error {
    const { where } = this.#options;
    if (isReply(error)) return replyError(where, "SUBSCRIBE", error);
    return isClosed(error) ? lostError(where, "SUBSCRIBE", error) : (error as Error); // ours
  }
}
