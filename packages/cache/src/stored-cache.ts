import { readCall, readFunction, readName, readSignal, unlessAborted } from "@pool/core";
import { readComputeCall, readEntryCall, readTags } from "./arguments.js";
import type { Cache, CacheStats, ComputeContext, ComputeOptions, EntryOptions } from "./cache.js";
import { Counters } from "./counters.js";
import { Entries } from "./entries.js";
import { Loading } from "./loading.js";
import type { CacheSettings } from "./settings.js";
import { SteadyStore } from "./steady-store.js";

/** The public face of one cache. */
export class StoredCache implements Cache {
  readonly name: string;
  readonly #settings: CacheSettings;
  readonly #counters = new Counters();
  readonly #store: SteadyStore;
  readonly #entries: Entries;
  readonly #loading: Loading;

  constructor(settings: CacheSettings) {
    this.name = settings.name;
    this.#settings = settings;
    this.#store = new SteadyStore(settings, this.#counters);
    this.#entries = new Entries(settings, this.#store, this.#counters);
    this.#loading = new Loading(settings, this.#entries, this.#counters);
  }

  get stats(): CacheStats {
    return this.#counters.snapshot(this.#store.isAway);
  }

  async get<T = unknown>(key: string, options?: { signal?: AbortSignal }): Promise<T | undefined> {
    readName("cache.get: key", key);
    const { signal } = readCall<{ signal?: AbortSignal }>("cache.get", options, ["signal"]);
    readSignal("cache.get: signal", signal);
    const { hit } = await unlessAborted(signal, () => this.#entries.read(key));
    const isFresh = hit !== undefined && this.#settings.date() < hit.entry.freshUntil;
    this.#loading.told(!isFresh ? "miss" : hit.isNegative ? "negative" : "hit");
    return isFresh ? (hit.value as T) : undefined; // what the codec makes of it
  }

  async set(key: string, value: unknown, options?: EntryOptions): Promise<void> {
    readName("cache.set: key", key);
    const keeping = readEntryCall("cache.set", options, this.#settings.ttl);
    await this.#loading.keep(key, value, keeping);
  }

  async delete(...keys: readonly string[]): Promise<void> {
    for (const key of keys) readName("cache.delete: key", key);
    for (const key of keys) this.#loading.forget(key);
    if (keys.length > 0) await this.#entries.delete(keys);
  }

  async invalidate(...tags: readonly string[]): Promise<void> {
    readTags("cache.invalidate: tags", tags);
    this.#loading.forgetTagged(tags);
    if (tags.length > 0) await this.#entries.invalidate(tags);
  }

  async getOrCompute<T>(
    key: string,
    compute: (context: ComputeContext) => T | PromiseLike<T>,
    options?: ComputeOptions,
  ): Promise<T> {
    readName("cache.getOrCompute: key", key);
    readFunction("cache.getOrCompute: compute", compute);
    const { signal, ...keeping } = readComputeCall("cache.getOrCompute", options, this.#settings.ttl);
    return (await this.#loading.get(key, compute, keeping, signal)) as T; // what it computed, or what the codec makes of that
  }

  async close(): Promise<void> {
    this.#store.close();
    await this.#loading.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
