import { createLock, createPool, type ManagedLock, type Pool, type ResolvedPoolOptions } from "@pool/core";
import { hedged } from "./connect/hedge.js";
import { Pace } from "./connect/pace.js";
import { type GuardedRedis } from "./connection/guarded-redis.js";
import { type LeasedRedis } from "./connection/leased-redis.js";
import { leasedFactory, plainFactory } from "./factory.js";
import { Handing } from "./handed/handing.js";
import { type LockClient, redisLockStore } from "./lock/lock-store.js";
import { type ResolvedRedisOptions } from "./resolved-options.js";
import { Connects } from "./shared/connects.js";
import { Dispatcher } from "./shared/dispatcher.js";
import { type ShareNotice } from "./shared/dispatcher-options.js";
import { RoundTrips } from "./shared/round-trips.js";
import { Hub } from "./subscribe/hub.js";

/** What works behind one client. */
export interface Parts {
  readonly name: string;
  readonly dedicated: Pool<LeasedRedis>;
  readonly dispatcher: Dispatcher;
  readonly hub: Hub;
  readonly handing: Handing;
  /** How long answers over the shared connection take. */
  readonly roundTrips: RoundTrips;
}

/** After a server has said that it takes no writes, so long nobody reconnects for the same reason, in ms. */
const READ_ONLY_PAUSE = 1_000;

/** Makes them. Opens nothing. */
export function partsOf(name: string, options: ResolvedRedisOptions, notice: ShareNotice): Parts {
  const { pool, commandTimeout, credentials, maxQueued, pingInterval, silentAfter } = options;
  const driver = { ...options.driver, connectionName: name.replace(/[^\x21-\x7e]/g, "-") };
  let readOnlyAt = -Infinity;
  const readOnly = (): void => {
    const now = pool.clock.now();
    if (now - readOnlyAt < READ_ONLY_PAUSE) return;
    readOnlyAt = now;
    dispatcher.replace();
    dedicated.evict("the server takes no writes any more");
  };
  const factoryOptions = { driver, credentials, home: { where: name, readOnly }, commandTimeout };
  const pace = new Pace(pool.clock);
  const dedicated = createPool(pace.keep(leasedFactory(factoryOptions)), { ...pool, name });
  const connects = new Connects(pool.clock, options.maxRetries);
  const factory = connects.watch(pace.keep(plainFactory(factoryOptions)), () => dispatcher.connectFailed());
  const poolOf = (suffix: string): Pool<GuardedRedis> => {
    const made: Pool<GuardedRedis> = createPool(
      hedged(factory, pool.clock, () => made.stats.waiting > 0),
      linkPoolOptions(`${name}:${suffix}`, pool),
    );
    return made;
  };
  const roundTrips = new RoundTrips(silentAfter);
  const dispatcherOptions = {
    home: factoryOptions.home,
    lifetime: () => pool.maxLifetime * (1 - pool.lifetimeJitter * pool.random()),
    clock: pool.clock,
    validateIfIdleFor: pool.validateIfIdleFor,
    ...{ commandTimeout, maxQueued, pingInterval, silentAfter, roundTrips },
  };
  const dispatcher = new Dispatcher(poolOf("shared"), connects, dispatcherOptions, notice);
  const hub = new Hub(poolOf("subscriptions"), { where: name, commandTimeout, pingInterval });
  const patience = options.maxRetries === Infinity ? null : options.maxRetries;
  const handing = new Handing(name, { ...driver, maxRetriesPerRequest: patience }, credentials);
  return { name, dedicated, dispatcher, hub, handing, roundTrips };
}

export function lockOf(client: LockClient): ManagedLock {
  return createLock(redisLockStore(client));
}

/** Ends all, what is in hand within `timeout` ms. */
export async function closeParts({ dedicated, dispatcher, hub, handing }: Parts, timeout: number): Promise<void> {
  await Promise.all([hub.close(), dedicated.close({ timeout }), dispatcher.close(timeout), handing.close()]);
}

/** Connections that are shared stay with who has opened them, none is idle, and one at a time is opened: who has one and wants another makes room. */
function linkPoolOptions(name: string, pool: ResolvedPoolOptions) {
  const { connectTimeout, closeTimeout, clock, random } = pool;
  return {
    ...{ name, connectTimeout, closeTimeout, clock, random },
    ...{ maxSize: 1, maxIdle: 0, maxWaiting: Infinity, maxLifetime: Infinity, leakAfter: Infinity },
    selfDeadlock: "off",
  } as const;
}
