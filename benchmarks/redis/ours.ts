import type * as poolRedis from "@pool/redis";
import { POOL_SIZE, type RedisEngine } from "./subject.ts";

/** `@pool/redis`, wherever it was loaded from. */
export type RedisPackage = Pick<typeof poolRedis, "redis">;

/** Loads the package; only a contestant that needs it calls this. */
export type LoadPackage = () => Promise<RedisPackage>;

export const OURS = "ours";
export const LENT = "ours lent";

/** With the defaults, over the shared connection, by the methods of ioredis. */
export function ours(load: LoadPackage): RedisEngine {
  return {
    name: OURS,
    async open({ url }) {
      const { redis } = await load();
      const connector = await redis({ url }).connect();
      const { commands } = connector.client;
      return {
        get: (key) => commands.get(key),
        set: (key, value) => commands.set(key, value),
        close: () => connector.disconnect(),
      };
    },
  };
}

/** With the defaults, on a connection that is lent for each command. */
export function lent(load: LoadPackage): RedisEngine {
  return {
    name: LENT,
    async open({ url }) {
      const { redis } = await load();
      const connector = await redis({ url, maxSize: POOL_SIZE, maxWaiting: Infinity }).connect();
      const { client } = connector;
      return {
        get: (key) => client.use((one) => one.get(key)),
        set: (key, value) => client.use((one) => one.set(key, value)),
        close: () => connector.disconnect(),
      };
    },
  };
}
