import {
  invalidOptions,
  poolOptions,
  type PoolOptions,
  readOptions,
  readPoolOptions,
  type ResolvedPoolOptions,
} from "@pool/core";
import { type CredentialSource, credentialSource } from "./connect/credentials.js";
import { addressOf, type Address } from "./connect/address.js";
import { type DriverOptions } from "./connection/guarded-redis.js";
import { type RedisOptions } from "./options.js";
import { redisOptions } from "./option-table.js";

/** {@link RedisOptions} as the parts of the connector take them. */
export interface ResolvedRedisOptions {
  /** What was given, with the defaults: for `config`, and for finding secrets in errors. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly name: string | undefined;
  readonly pool: ResolvedPoolOptions;
  /** Where to connect, as ioredis takes it; without credentials. */
  readonly driver: DriverOptions;
  readonly address: Address;
  readonly credentials: CredentialSource;
  readonly commandTimeout: number;
  readonly maxRetries: number;
  readonly maxQueued: number;
  readonly pingInterval: number;
  readonly silentAfter: number;
  readonly lazy: boolean;
}

const WHERE = "redis";

/** Checks options and fills in the defaults. @throws PoolError `INVALID_OPTIONS` with every problem at once */
export function readRedisOptions(input: unknown): ResolvedRedisOptions {
  // The table has checked what is there, and filled in what has a default.
  const given = readOptions(redisOptions, input, WHERE) as unknown as RedisOptions &
    Pick<ResolvedRedisOptions, "commandTimeout" | "maxRetries" | "maxQueued" | "pingInterval" | "silentAfter" | "lazy">;
  const problems: string[] = [];
  const address = addressOf(given, problems);
  if (problems.length > 0) throw invalidOptions(WHERE, problems);
  const pool = readPoolOptions(poolOptionsOf(given), WHERE);
  const { commandTimeout, maxRetries, maxQueued, pingInterval, silentAfter, lazy } = given;
  return {
    given: given as unknown as Readonly<Record<string, unknown>>,
    name: given.name,
    pool,
    address,
    driver: { ...address.driver, ...steady(pool.connectTimeout) },
    credentials: credentialSource(address.user, address.password),
    ...{ commandTimeout, maxRetries, maxQueued, pingInterval, silentAfter, lazy },
  };
}

function poolOptionsOf(given: RedisOptions): PoolOptions {
  const own = Object.entries(given).filter(([name]) => Object.hasOwn(poolOptions, name));
  const { maxSize = 10, maxIdle = maxSize, minIdle = Math.min(2, maxIdle) } = given;
  return { ...Object.fromEntries(own), maxSize, maxIdle, minIdle };
}

/** How every connection of ours is opened: once, by us. ioredis does not reconnect, and waits for no longer than we do. */
function steady(connectTimeout: number): DriverOptions {
  const limit = connectTimeout === Infinity ? {} : { connectTimeout, sentinelCommandTimeout: connectTimeout };
  // A server that loads its data says so at once, and is asked again soon.
  return {
    ...limit,
    maxLoadingRetryTime: 200,
    keepAlive: 10_000,
    disconnectTimeout: 500,
    sentinelRetryStrategy: () => null,
  };
}
