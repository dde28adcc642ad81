import { createPool } from "generic-pool";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { POOL_SIZE, type RedisEngine } from "./subject.ts";

function overIoredis(name: string, options: { readonly enableAutoPipelining?: boolean }): RedisEngine {
  return {
    name,
    async open({ url }) {
      const client = new Redis(url, options);
      await client.ping();
      return { get: (key) => client.get(key), set: (key, value) => client.set(key, value), close: () => client.quit() };
    },
  };
}

/** One connection, as it comes. */
export const plain = overIoredis("ioredis", {});

const nodeRedis: RedisEngine = {
  name: "node-redis",
  async open({ url }) {
    const client = createClient({ url });
    await client.connect();
    return { get: (key) => client.get(key), set: (key, value) => client.set(key, value), close: () => client.close() };
  },
};

/** What one would build from parts. */
const genericPool: RedisEngine = {
  name: "generic-pool + ioredis",
  open({ url }) {
    const factory = {
      create: async () => new Redis(url),
      destroy: (client: Redis) => client.quit().then(() => undefined),
    };
    const pool = createPool<Redis>(factory, { max: POOL_SIZE });
    return Promise.resolve({
      get: (key) => Promise.resolve(pool.use((client) => client.get(key))),
      set: (key, value) => Promise.resolve(pool.use((client) => client.set(key, value))),
      close: () => Promise.resolve(pool.drain().then(() => pool.clear())),
    });
  },
};

export const peers: readonly RedisEngine[] = [
  overIoredis("ioredis auto-pipelining", { enableAutoPipelining: true }),
  nodeRedis,
  genericPool,
];
