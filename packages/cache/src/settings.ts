import { readOptions, systemClock, type Clock, type Lock } from "@pool/core";
import { jsonCodec, type Codec } from "./codec.js";
import { memoryStore } from "./memory-store.js";
import { cacheOptions, type CacheOptions } from "./options.js";
import type { CacheStore } from "./store.js";

/** The options of a cache, complete. Times are in ms. */
export interface CacheSettings {
  readonly name: string;
  readonly store: CacheStore;
  readonly fallback: CacheStore | undefined;
  readonly ttl: number;
  readonly ttlJitter: number;
  readonly staleFor: number;
  readonly staleIfErrorFor: number;
  readonly refreshTimeout: number;
  readonly negativeTtl: number;
  readonly errorTtl: number;
  readonly storeTimeout: number;
  readonly fallbackTtl: number;
  readonly lock: Lock | undefined;
  readonly lockTimeout: number;
  readonly prefix: string;
  readonly codec: Codec<unknown>;
  readonly clock: Clock;
  readonly date: () => number;
  readonly random: () => number;
}

type Late = "store" | "fallback" | "prefix" | keyof typeof DEFAULTS;
type Read = Omit<CacheSettings, Late> &
  Partial<Pick<CacheSettings, Exclude<Late, "fallback" | "prefix">>> & {
    readonly fallback?: CacheStore | false;
    readonly version: number | string;
  };

/** What a table cannot tell as its default. */
const DEFAULTS = { clock: systemClock, date: Date.now, random: Math.random, codec: jsonCodec, lock: undefined };
const FALLBACK_ENTRIES = 1_000;

/** @throws PoolError `INVALID_OPTIONS` */
export function readCacheOptions(options: CacheOptions): CacheSettings {
  const where = `cache ${JSON.stringify((options as Partial<CacheOptions> | undefined)?.name ?? "")}`;
  const read = readOptions(cacheOptions, options, where) as unknown as Read; // checked and filled in by the table
  const { store = memoryStore(), fallback, name, version } = read;
  const ownFallback = options.store === undefined ? undefined : memoryStore({ maxEntries: FALLBACK_ENTRIES });
  return {
    ...DEFAULTS,
    ...read,
    store,
    fallback: fallback === false ? undefined : (fallback ?? ownFallback),
    prefix: `${name}:${String(version)}:`,
  };
}
