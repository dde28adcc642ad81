import { withTimeout } from "@pool/core";
import type { CacheSettings } from "./settings.js";
import type { CacheStore } from "./store.js";

/** What stands in for a store, if anything does. It never rejects and never takes longer than it may. */
export class Fallback {
  readonly #settings: CacheSettings;
  readonly #number: () => number;

  /** @param number of the failures that it stands in for: what it has from earlier ones is not seen any more */
  constructor(settings: CacheSettings, number: () => number) {
    this.#settings = settings;
    this.#number = number;
  }

  async get(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return (await this.#call((store, signal) => store.get(keys.map(this.#keyOf), signal))) ?? [];
  }

  async set(key: string, text: string, ttl: number): Promise<void> {
    await this.#call((store, signal) => store.set(this.#keyOf(key), text, this.#shorter(ttl), signal));
  }

  /** Undefined where there is none. */
  async add(key: string, text: string, ttl: number): Promise<string | undefined> {
    return await this.#call((store, signal) => store.add(this.#keyOf(key), text, this.#shorter(ttl), signal));
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#call((store, signal) => store.delete(keys.map(this.#keyOf), signal));
  }

  readonly #keyOf = (key: string): string => `${String(this.#number())}:${key}`;

  #shorter(ttl: number): number {
    return Math.max(1, Math.ceil(Math.min(ttl, this.#settings.fallbackTtl)));
  }

  async #call<T>(call: (store: CacheStore, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { fallback, clock, storeTimeout } = this.#settings;
    if (fallback === undefined) return undefined;
    const late = (): Error => new Error("the fallback is late");
    return await withTimeout(clock, storeTimeout, late, (signal) => call(fallback, signal)).catch(() => undefined);
  }
}
