import { unlessAborted, withAnySignal } from "../aborts.js";
import { withTimeout } from "../time.js";
import type { LockStore } from "./lock.js";
import type { LockClock } from "./lock-clock.js";

/** What is to be dropped at the backend. */
export interface Dropped {
  readonly key: string;
  readonly owner: string;
  /** For so long, in ms, the backend may keep it by itself. */
  readonly ttl: number;
  /** A call that may still take it: dropped once that has settled. */
  readonly after?: PromiseLike<unknown> | undefined;
  /** Whether it was taken is not known, and a request may still be on its way there: dropped once more, later. */
  readonly uncertain?: boolean;
}

const ONE_TRY = 5_000;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
const LATECOMER = 1_000;

/**
 * The keys that are being dropped at the backend: again and again until it has confirmed, or has forgotten them by itself.
 * Does not keep the process alive: what is not dropped by its end expires.
 */
export class LettingGo {
  readonly #store: LockStore;
  readonly #time: LockClock;
  readonly #under = new Set<Promise<void>>();
  readonly #ending = new AbortController();

  constructor(store: LockStore, time: LockClock) {
    this.#store = store;
    this.#time = time;
  }

  /** Resolves when the key is dropped, or the backend must have forgotten it. Never rejects. */
  drop(dropped: Dropped): Promise<void> {
    const dropping = this.#drop(dropped).catch(() => undefined); // called off by `end`
    this.#under.add(dropping);
    void dropping.then(() => this.#under.delete(dropping));
    return dropping;
  }

  /** Waits for what is under way, at most `ms`, and then calls it off. Never rejects. */
  async end(ms: number): Promise<void> {
    await this.#time.settled(Promise.all(this.#under), ms);
    this.#ending.abort(new Error("the locks are closed"));
    await Promise.all(this.#under);
  }

  async #drop(dropped: Dropped): Promise<void> {
    const { ttl, after, uncertain = false } = dropped;
    if (after !== undefined) await this.#time.settled(after, ttl, { background: true });
    await this.#untilConfirmed(dropped);
    if (uncertain) void this.#again(dropped);
  }

  async #again({ key, owner, ttl }: Dropped): Promise<void> {
    await this.#pause(Math.min(LATECOMER, ttl / 2)).then(
      () => this.drop({ key, owner, ttl }),
      () => undefined, // called off
    );
  }

  async #untilConfirmed(dropped: Dropped): Promise<void> {
    const from = this.#time.read();
    for (let pause = FIRST_PAUSE; !(await this.#try(dropped)); pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const left = this.#time.left(from, dropped.ttl);
      if (left <= 0) return;
      await this.#pause(Math.min(pause, left));
    }
  }

  async #try({ key, owner, ttl }: Dropped): Promise<boolean> {
    this.#ending.signal.throwIfAborted();
    try {
      await withTimeout(
        this.#time.clock,
        Math.min(ONE_TRY, ttl),
        () => new Error("no answer"),
        (late) =>
          unlessAborted(this.#ending.signal, () =>
            withAnySignal([late, this.#ending.signal], (signal) => this.#store.drop(key, owner, signal ?? late)),
          ),
      );
      return true;
    } catch {
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return this.#time.sleep(ms, this.#ending.signal, { background: true });
  }
}
