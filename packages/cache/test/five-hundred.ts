import { createLock, type LockStore } from "@pool/core";
import { Redis } from "ioredis";
import { createCache, redisStore } from "../src/index.js";

/** What one process computed, and what its callers got. */
export interface Report {
  readonly computed: number;
  readonly values: readonly number[];
}

/** One process whose 500 callers miss the same key at once, when it is told to go. */
export async function fiveHundred(url: string): Promise<{ go(): Promise<Report> }> {
  const redis = new Redis(url);
  await redis.ping();
  /** As much of a lock on Redis as two processes need here; `@pool/redis` has a whole one. */
  const store: LockStore = {
    kind: "redis",
    async take(key, owner, ttl) {
      const isTaken = await redis.set(`lock:${key}`, owner, "PX", ttl, "NX");
      return isTaken === "OK" ? { token: BigInt(await redis.incr("token")) } : {};
    },
    renew: async (key, owner, ttl) =>
      (await redis.get(`lock:${key}`)) === owner && (await redis.pexpire(`lock:${key}`, ttl)) === 1,
    async drop(key, owner) {
      if ((await redis.get(`lock:${key}`)) === owner) await redis.del(`lock:${key}`);
    },
  };
  const cache = createCache({
    name: "two",
    store: redisStore(redis),
    lock: createLock(store),
    storeTimeout: "5s",
    lockTimeout: "15s",
  });
  return {
    async go() {
      let computed = 0;
      const compute = async (): Promise<number> => {
        computed++;
        await new Promise((resolve) => setTimeout(resolve, 200));
        return process.pid;
      };
      const values = await Promise.all(Array.from({ length: 500 }, () => cache.getOrCompute("a", compute)));
      await cache.close(); // the lock is let go of by then
      redis.disconnect();
      return { computed, values: [...new Set(values)] };
    },
  };
}
