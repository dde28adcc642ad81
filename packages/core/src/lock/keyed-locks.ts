import { withAnySignal } from "../aborts.js";
import { readCall, readFunction, readTimeout } from "../arguments.js";
import { PoolError } from "../errors.js";
import { trace, traced, type TracedEvents } from "../events.js";
import { Asking } from "./asking.js";
import type { Held } from "./held.js";
import { LockClock } from "./lock-clock.js";
import type { HeldLock, LockOptions, LockStore, ManagedLock } from "./lock.js";
import { readLockCall, readTryCall, type LockCall, type LockSettings } from "./options.js";
import { timeoutError } from "./timeout-error.js";
import { Turns } from "./turns.js";
import { useLock } from "./use-lock.js";

const acquires = traced("lock:acquire");
const DEFAULT_CLOSE_TIMEOUT = 1_000;

/** The public face of the locks of one client. */
export class KeyedLocks implements ManagedLock {
  readonly kind: string;
  readonly #store: LockStore;
  readonly #settings: LockSettings;
  readonly #time: LockClock;
  readonly #turns: Turns;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(store: LockStore, settings: LockSettings) {
    this.kind = store.kind;
    this.#store = store;
    this.#settings = settings;
    this.#time = new LockClock(settings.clock, settings.date);
    this.#turns = new Turns(store, this.#time, settings.releaseTimeout);
  }

  async acquire(key: string, options: LockOptions = {}): Promise<HeldLock> {
    const call = readLockCall("lock.acquire", key, options, this.#settings);
    return await this.#told(key, call, async (asking) => {
      const since = this.#time.read();
      const held = await this.#within(call.timeout, (late) => this.#take(asking, call, late));
      if (held !== undefined) return held;
      const holder = this.#turns.held().find((other) => other.key === key);
      throw timeoutError(this.kind, call, this.#time.since(since), asking, holder);
    });
  }

  async tryAcquire(key: string, options: Omit<LockOptions, "timeout"> = {}): Promise<HeldLock | undefined> {
    const call = readTryCall("lock.tryAcquire", key, options, this.#settings);
    return await this.#told(key, call, (asking) => this.#take(asking, call));
  }

  async use<T>(key: string, work: (lock: HeldLock) => T | PromiseLike<T>, options?: LockOptions): Promise<T> {
    readFunction("lock.use: work", work);
    return await useLock(await this.acquire(key, options), work);
  }

  held(): readonly HeldLock[] {
    return this.#turns.held();
  }

  close(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readCall("lock.close", options, ["timeout"]);
    readTimeout("lock.close: timeout", timeout);
    return (this.#closed ??= this.#close(timeout ?? DEFAULT_CLOSE_TIMEOUT));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #close(timeout: number): Promise<void> {
    this.#closing.abort(new PoolError("NOT_CONNECTED", `the locks of ${this.kind} are closed`));
    return this.#turns.end(timeout);
  }

  async #take(asking: Asking, { signal, timeout }: LockCall, late?: AbortSignal): Promise<Held | undefined> {
    const closing = this.#closing.signal;
    return await withAnySignal([signal, late, closing], async (any = closing) => {
      any.throwIfAborted();
      return timeout === 0 && this.#turns.isBusy(asking.wanted.key) ? undefined : await this.#turns.take(asking, any);
    });
  }

  /** What `take` gives, or undefined when its time is over. */
  async #within<T>(timeout: number, take: (late?: AbortSignal) => Promise<T | undefined>): Promise<T | undefined> {
    if (timeout === 0) return await take();
    const { clock } = this.#settings;
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(), timeout);
    try {
      return await take(late.signal);
    } catch (error) {
      if (late.signal.aborted && error === late.signal.reason) return undefined;
      throw error;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #told<T extends HeldLock | undefined>(
    key: string,
    { ttl, timeout, label }: LockCall,
    take: (asking: Asking) => Promise<T>,
  ): Promise<T> {
    const { random } = this.#settings;
    const asking = new Asking({
      store: this.#store,
      time: this.#time,
      random,
      key,
      ttl,
      label,
      isOnce: timeout === 0,
    });
    if (!acquires.hasSubscribers) return await take(asking);
    const event: TracedEvents["lock:acquire"] = { kind: this.kind, key, label };
    return await trace(acquires, event, async () => {
      const held = await take(asking);
      if (held !== undefined) event.token = held.token;
      return held;
    });
  }
}
