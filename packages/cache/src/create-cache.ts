import type { Cache } from "./cache.js";
import type { CacheOptions } from "./options.js";
import { readCacheOptions } from "./settings.js";
import { StoredCache } from "./stored-cache.js";

/** @throws PoolError `INVALID_OPTIONS` with every problem of the options */
export function createCache<V = unknown>(options: CacheOptions<V>): Cache<V> {
  return new StoredCache(readCacheOptions(options)); // it stores what its codec has encoded, whatever V is
}
