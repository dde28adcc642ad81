import { type Connector, defineConnector, secretNames } from "@pool/core";
import { type RedisClient } from "./client.js";
import { warnOfInsecure } from "./connect/tls.js";
import { classifyRedisError } from "./errors.js";
import { keyOf } from "./key.js";
import { openRedis, type OpenedRedis } from "./open.js";
import { type RedisOptions } from "./options.js";
import { redisOptions } from "./option-table.js";
import { readRedisOptions } from "./resolved-options.js";

/**
 * A connector to Redis: one connection that all commands share, and a pool of those that are lent.
 * @throws PoolError `INVALID_OPTIONS` with every problem at once. Opens nothing; `connect()` does
 */
export function redis(options: RedisOptions = {}): Connector<RedisClient> {
  const resolved = readRedisOptions(options);
  const opened = new WeakMap<RedisClient, OpenedRedis>();
  const of = (client: RedisClient): OpenedRedis => {
    const found = opened.get(client);
    if (found === undefined) throw new Error("this client was made by another connector");
    return found;
  };
  return defineConnector<RedisClient>({
    kind: "redis",
    name: resolved.name,
    options: resolved.given,
    secretNames: secretNames(redisOptions),
    key: keyOf(resolved),
    async open(context) {
      if (resolved.address.isInsecure) warnOfInsecure(resolved.address.text);
      const database = await openRedis(resolved, context);
      opened.set(database.client, database);
      return database.client;
    },
    close: (client, { timeout }) => of(client).close(timeout),
    check: (client, signal) => of(client).check(signal),
    reconnect: (client, signal) => of(client).reconnect(signal),
    connections: (client) => of(client).connections,
    gauges: (client) => of(client).gauges,
    classify: classifyRedisError,
    drainTimeout: resolved.pool.drainTimeout,
  });
}
