import { readOptions, type OptionTable } from "@pool/core";
import { LRUCache } from "lru-cache";
import type { CacheStore } from "./store.js";

/** How much is kept in memory. What was used least recently goes first. */
export interface MemoryStoreOptions {
  /** As events name it. @default "memory" */
  name?: string;
  /** Most entries at once. @default 10_000 */
  maxEntries?: number;
  /** Most characters of keys and texts at once; one entry that has more is not kept. @default 64 Mi */
  maxSize?: number;
}

export const memoryStoreOptions: OptionTable<MemoryStoreOptions> = {
  name: { type: "string", default: "memory", doc: "As events name it." },
  maxEntries: { type: "integer", min: 1, max: 10_000_000, default: 10_000, doc: "Most entries at once." },
  maxSize: {
    type: "integer",
    min: 1,
    default: 64 * 1024 * 1024,
    doc: "Most characters of keys and texts at once; an entry that has more by itself is not kept.",
  },
};

/** A store in this process's memory. @throws PoolError `INVALID_OPTIONS` */
export function memoryStore(options: MemoryStoreOptions = {}): CacheStore {
  const { name, maxEntries, maxSize } = readOptions(
    memoryStoreOptions,
    options,
    "memoryStore",
  ) as Required<MemoryStoreOptions>; // filled in by the table
  const entries = new LRUCache<string, string>({
    max: maxEntries,
    maxSize,
    sizeCalculation: (text, key) => text.length + key.length,
    ttlAutopurge: false,
  });
  return {
    name,
    get: async (keys) => keys.map((key) => entries.get(key)),
    set: async (key, text, ttl) => void entries.set(key, text, { ttl }),
    async add(key, text, ttl) {
      const there = entries.get(key);
      if (there === undefined) entries.set(key, text, { ttl });
      return there ?? text;
    },
    async extend(keys, ttl) {
      for (const key of keys) {
        const text = entries.get(key);
        if (text !== undefined && entries.getRemainingTTL(key) < ttl) entries.set(key, text, { ttl });
      }
    },
    async delete(keys) {
      for (const key of keys) entries.delete(key);
    },
  };
}
