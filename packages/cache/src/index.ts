/** Get-or-compute with single flight, over a store: memory, Redis, or one of your own. */
export type { Cache, CacheStats, ComputeContext, ComputeOptions, EntryOptions } from "./cache.js";
export { jsonCodec, type Codec } from "./codec.js";
export { createCache } from "./create-cache.js";
export { memoryStore, memoryStoreOptions, type MemoryStoreOptions } from "./memory-store.js";
export { cacheOptions, type CacheOptions } from "./options.js";
export { redisStore, type RedisCaller } from "./redis-store.js";
export type { CacheStore } from "./store.js";
