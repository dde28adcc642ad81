import type * as poolRedis from "@pool/redis";
import { POOL_SIZE, type RedisEngine } from "./subject.ts";

/** `@pool/redis`, wherever it was loaded from. */
export type RedisPackage = Pick<typeof poolRedis, "redis">;

/** With the defaults, over the shared connection, by the methods of ioredis. */
export function ours({ redis }: RedisPackage): RedisEngine {
  return {
    name: "ours",
    async open({ url }) {
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
export function lent({ redis }: RedisPackage): RedisEngine {
  return {
    name: "ours lent",
    async open({ url }) {
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
