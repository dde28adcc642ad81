import { PoolError } from "@pool/core";
import { type Subscription } from "./listener.js";
import { type Gap, type Notification, Subscriber } from "./subscriber.js";

/** In the place of notifications that were missed, or may have been. */
export interface Missed {
  readonly gap: Gap;
}

/** What a loop is given: `"gap" in heard` tells them apart. */
export type Heard = Notification | Missed;

export interface ListenLoopOptions {
  /** Ends the loop, which throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Notifications that wait for a loop that is slow. More are dropped, and told as a gap. @default 10_000 */
  readonly maxQueued?: number | undefined;
}

interface Settings {
  readonly signal: AbortSignal | undefined;
  readonly maxQueued: number;
}

type Subscribe = (subscriber: Subscriber, signal: AbortSignal | undefined) => Promise<Subscription>;
type Turn = IteratorResult<Heard, undefined>;

/**
 * The notifications of one channel, for one loop: `for await (const heard of client.listen("orders"))`. It listens from the first turn on, and no more
 * once the loop is left. Throws what `listen` rejects with, the reason of the signal, and `POOL_CLOSED` when the client is closed.
 */
export class Notifications implements AsyncIterableIterator<Heard, undefined>, AsyncDisposable {
  readonly #settings: Settings;
  readonly #subscribe: Subscribe;
  readonly #subscriber: Subscriber;
  readonly #queue: Heard[] = [];
  #subscription: Promise<Subscription> | undefined;
  /** When the first was dropped that no gap tells of yet. */
  #dropping: Date | undefined;
  #end: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(channel: string, settings: Settings, subscribe: Subscribe) {
    this.#settings = settings;
    this.#subscribe = subscribe;
    const onGap = (gap: Gap): void => this.#add({ gap });
    this.#subscriber = new Subscriber(
      channel,
      (_payload, notification) => this.#add(notification),
      { onGap },
      (reason) => this.#over(reason),
    );
  }

  async next(): Promise<Turn> {
    const { signal } = this.#settings;
    const onAbort = (): void => this.#over(signal?.reason);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      if (this.#end === undefined) await (this.#subscription ??= this.#subscribe(this.#subscriber, signal));
      while (!this.#isReady) await new Promise<void>((resolve) => (this.#wake = resolve));
      return await this.#take();
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends a turn that is waited for, too. */
  async return(): Promise<Turn> {
    this.#over(undefined);
    const subscription = await this.#subscription?.catch(() => undefined); // told to its turn
    await subscription?.unlisten();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  get #isReady(): boolean {
    return this.#end !== undefined || this.#queue.length > 0 || this.#dropping !== undefined;
  }

  async #take(): Promise<Turn> {
    const end = this.#end;
    if (end?.reason !== undefined) {
      this.#end = { reason: undefined }; // it is told once
      await this.return();
      throw end.reason as Error; // as it was given
    }
    if (end !== undefined) return DONE;
    return { done: false, value: this.#queue.shift() ?? this.#dropped() };
  }

  #add(heard: Heard): void {
    const { maxQueued } = this.#settings;
    if (this.#dropping === undefined && this.#queue.length < maxQueued) this.#queue.push(heard);
    else this.#dropping ??= new Date();
    this.#wake?.();
  }

  #dropped(): Missed {
    const until = new Date();
    const since = this.#dropping ?? until;
    this.#dropping = undefined;
    const what = `more than ${this.#settings.maxQueued} notifications waited for the loop over ${JSON.stringify(this.#subscriber.channel)}`;
    return { gap: { since, until, cause: new PoolError("QUEUE_FULL", what) } };
  }

  #over(reason: unknown): void {
    this.#end ??= { reason };
    this.#queue.length = 0;
    this.#wake?.();
  }
}

const DONE: Turn = { done: true, value: undefined };
