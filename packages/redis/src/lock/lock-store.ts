import { type LockHeldElsewhere, type LockStore, type LockTaken } from "@pool/core";
import { type RedisClient } from "../client.js";
import { replyOf } from "../errors.js";
import { DROP, RENEW, type Script, TAKE } from "./scripts.js";

/** What the store needs of a client. */
export type LockClient = Pick<RedisClient, "call" | "subscribe">;

export interface LockStoreOptions {
  /** What the keys of locks begin with. In a cluster it needs a hash tag, since a lock and the counter of tokens belong together. @default "pool:lock:" */
  readonly prefix?: string;
}

/**
 * Locks on one Redis, for `createLock`. Advisory: see the README for what a single Redis promises, and what not.
 */
export function redisLockStore(client: LockClient, { prefix = "pool:lock:" }: LockStoreOptions = {}): LockStore {
  const counter = `${prefix}tokens`;
  const keyOf = (key: string): string => `${prefix}key:${key}`;
  return {
    kind: "redis",
    async take(key, owner, ttl, signal): Promise<LockTaken | LockHeldElsewhere> {
      const args = [owner, Math.ceil(ttl)];
      const [taken, value] = await run<[number, string | number]>(client, TAKE, [keyOf(key), counter], args, signal);
      if (taken === 1) return { token: BigInt(value) };
      return typeof value === "number" && value >= 0 ? { freeInMs: value } : {};
    },
    async renew(key, owner, ttl, signal) {
      return (await run(client, RENEW, [keyOf(key)], [owner, Math.ceil(ttl)], signal)) === 1;
    },
    async drop(key, owner, signal) {
      await run(client, DROP, [keyOf(key)], [owner], signal);
    },
    async untilFree(key, signal) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const free = (): void => resolve(undefined);
      await using _subscription = await client.subscribe(keyOf(key), free, { onGap: free, signal });
      // It may have been let go before the server knew that we listen.
      if ((await client.call("EXISTS", keyOf(key), { signal })) === 0) return;
      signal.addEventListener("abort", free, { once: true });
      await promise;
      signal.removeEventListener("abort", free);
    },
  };
}

/** By its name, and by its text where the server has not seen it. */
async function run<T>(
  client: LockClient,
  { text, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  signal: AbortSignal,
): Promise<T> {
  try {
    return await client.call<T>("EVALSHA", sha, keys.length, ...keys, ...args, { signal });
  } catch (error) {
    if (replyOf(error) !== "NOSCRIPT") throw error;
    return await client.call<T>("EVAL", text, keys.length, ...keys, ...args, { signal });
  }
}
