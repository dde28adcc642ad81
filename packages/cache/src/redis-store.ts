import type { CacheStore } from "./store.js";

/** What is needed of a Redis client: that of `@pool/redis` and ioredis itself have it. */
export interface RedisCaller {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/**
 * A store in Redis.
 * @param client the client, or what gives it at each call: a connector's `client` is another one after a restart
 */
export function redisStore(client: RedisCaller | (() => RedisCaller), name = "redis"): CacheStore {
  const call = async (command: string, ...args: string[]): Promise<unknown> => {
    const caller = typeof client === "function" ? client() : client;
    return await caller.call(command, ...args);
  };
  const get = async (keys: readonly string[]): Promise<readonly (string | undefined)[]> => {
    const texts = (await call("MGET", ...keys)) as readonly unknown[]; // what Redis answers to MGET
    return texts.map((text) => (typeof text === "string" ? text : undefined));
  };
  return {
    name,
    get,
    set: (key, text, ttl) => call("SET", key, text, "PX", String(ttl)),
    async add(key, text, ttl) {
      for (;;) {
        if ((await call("SET", key, text, "PX", String(ttl), "NX")) === "OK") return text;
        const [there] = await get([key]);
        if (there !== undefined) return there; // else it has expired in between
      }
    },
    delete: (keys) => call("UNLINK", ...keys),
  };
}
