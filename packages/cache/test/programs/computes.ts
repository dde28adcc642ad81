import { createLock, type LockStore } from "@pool/core";
import { Redis } from "ioredis";
import { createCache, redisStore } from "../../src/index.js";

/** One of two processes that miss the same key at once. Says when it is ready, and then what it computed and got. */
const redis = new Redis(process.argv[2]!);
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

process.send!("ready");
process.once("message", () => {
  void (async () => {
    let computed = 0;
    const compute = async (): Promise<number> => {
      computed++;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return process.pid;
    };
    const values = await Promise.all(Array.from({ length: 500 }, () => cache.getOrCompute("a", compute)));
    await cache.close(); // the lock is let go of by then
    process.send!({ computed, values: [...new Set(values)] }, () => process.exit());
  })();
});
