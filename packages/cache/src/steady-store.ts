import { PoolError, withTimeout } from "@pool/core";
import type { Budget } from "./budget.js";
import type { Counters } from "./counters.js";
import { Deletions } from "./deletions.js";
import { Outage } from "./outage.js";
import type { CacheSettings } from "./settings.js";
import type { CacheStore } from "./store.js";

const REPLAYED_AT_ONCE = 500;

/**
 * A store that never rejects and never takes longer than it may. After three failures in a row the fallback stands in for it, and it is probed in the
 * background until it answers. What was deleted meanwhile is deleted there before it counts again.
 */
export class SteadyStore {
  readonly #settings: CacheSettings;
  readonly #counters: Counters;
  readonly #deleted = new Deletions();
  readonly #outage: Outage;

  constructor(settings: CacheSettings, counters: Counters) {
    this.#settings = settings;
    this.#counters = counters;
    this.#outage = new Outage(settings, () => this.#probe());
  }

  get isAway(): boolean {
    return this.#outage.isAway;
  }

  async get(keys: readonly string[], budget: Budget): Promise<readonly (string | undefined)[]> {
    const texts = await this.#try((store, signal) => store.get(keys, signal), budget.left);
    if (texts !== undefined) return texts.map((text, i) => (this.#deleted.has(keys[i] ?? "") ? undefined : text));
    return (await this.#instead((fallback, signal) => fallback.get(keys.map(this.#inFallback), signal))) ?? [];
  }

  async set(key: string, text: string, ttl: number): Promise<void> {
    const done = await this.#try(async (store, signal) => {
      await store.set(key, text, Math.max(1, Math.ceil(ttl)), signal);
      return true;
    });
    if (done === true) {
      this.#deleted.done([key]);
      return;
    }
    this.#deleted.add([key]); // what is there is older
    this.#outage.probeSoon();
    await this.#instead((fallback, signal) => fallback.set(this.#inFallback(key), text, this.#shorter(ttl), signal));
  }

  async add(key: string, text: string, ttl: number, budget: Budget): Promise<string> {
    const isDeleted = this.#deleted.has(key);
    const there = isDeleted
      ? undefined
      : await this.#try((store, signal) => store.add(key, text, Math.ceil(ttl), signal), budget.left);
    const add = (fallback: CacheStore, signal: AbortSignal): Promise<string> =>
      fallback.add(this.#inFallback(key), text, this.#shorter(ttl), signal);
    return there ?? (await this.#instead(add)) ?? text;
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#deleted.add(keys);
    await this.#instead((fallback, signal) => fallback.delete(keys.map(this.#inFallback), signal));
    const done = await this.#try(async (store, signal) => {
      await store.delete(keys, signal);
      return true;
    });
    if (done === true) this.#deleted.done(keys);
    else this.#outage.probeSoon();
  }

  close(): void {
    this.#outage.close();
  }

  /** What the fallback has from an earlier outage is not seen in the next. */
  readonly #inFallback = (key: string): string => `${String(this.#outage.number)}:${key}`;

  #shorter(ttl: number): number {
    return Math.max(1, Math.ceil(Math.min(ttl, this.#settings.fallbackTtl)));
  }

  /** What the store answers; undefined when it is away, fails, or takes longer than `ms`. */
  async #try<T>(
    call: (store: CacheStore, signal: AbortSignal) => Promise<T>,
    ms = this.#settings.storeTimeout,
  ): Promise<T | undefined> {
    if (this.#outage.isAway || ms <= 0) return undefined;
    try {
      const answer = await this.#call(ms, call);
      this.#outage.answered();
      return answer;
    } catch (error) {
      this.#counters.storeErrors++;
      this.#outage.failed(error);
      return undefined;
    }
  }

  async #instead<T>(call: (fallback: CacheStore, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { fallback, clock, storeTimeout } = this.#settings;
    if (fallback === undefined) return undefined;
    const late = (): Error => new Error("the fallback is late");
    return await withTimeout(clock, storeTimeout, late, (signal) => call(fallback, signal)).catch(() => undefined);
  }

  #call<T>(ms: number, call: (store: CacheStore, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, store, name } = this.#settings;
    const late = (): Error =>
      new PoolError(
        "COMMAND_TIMEOUT",
        `cache ${JSON.stringify(name)}: ${store.name} did not answer within ${String(Math.ceil(ms))} ms`,
      );
    return withTimeout(clock, ms, late, async (signal) => call(store, signal));
  }

  /** Is it there again? Then it first hears what was deleted. */
  async #probe(): Promise<void> {
    const { storeTimeout, prefix } = this.#settings;
    await this.#call(storeTimeout, (store, signal) => store.get([`${prefix}probe`], signal));
    while (this.#deleted.size > 0) {
      const some = this.#deleted.first(REPLAYED_AT_ONCE);
      await this.#call(storeTimeout, (store, signal) => store.delete(some, signal));
      this.#deleted.done(some);
    }
  }
}
