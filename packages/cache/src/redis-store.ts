import { isPoolError, PoolError, reasonOf } from "@pool/core";
import type { CacheStore } from "./store.js";

/** What is needed of a Redis client: that of `@pool/redis` and ioredis itself have it. */
export interface RedisCaller {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** PEXPIRE has its GT only since Redis 7. */
const EXTEND = `local left = redis.call("PTTL", KEYS[1])
if left >= 0 and left < tonumber(ARGV[1]) then redis.call("PEXPIRE", KEYS[1], ARGV[1]) end`;

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
    async add(key, text, ttl, signal) {
      for (;;) {
        if ((await call("SET", key, text, "PX", String(ttl), "NX")) === "OK") return text;
        const there = await call("GET", key).catch((error: unknown) => {
          throw asWrongType(name, error);
        });
        if (typeof there === "string") return there; // else it has expired in between
        signal.throwIfAborted();
      }
    },
    extend: async (keys, ttl) => await Promise.all(keys.map((key) => call("EVAL", EXTEND, "1", key, String(ttl)))),
    delete: (keys) => call("UNLINK", ...keys),
  };
}

function asWrongType(name: string, error: unknown): unknown {
  const isWrongType = isPoolError(error) ? error.details.reply === "WRONGTYPE" : /^WRONGTYPE\b/.test(reasonOf(error));
  if (!isWrongType) return error;
  return new PoolError("WRONG_TYPE", `${name}: under a key of a cache is something that is no text`, { cause: error });
}
