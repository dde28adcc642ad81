import { createPool, isPoolError, type OpenContext, type Pool, type ResolvedPoolOptions } from "@pool/core";
import { type RedisClient } from "./client.js";
import { submitBlocking } from "./commands/blocking.js";
import { type CallArguments, readCall } from "./commands/call.js";
import { sendFor, SharedRedis, type Sender } from "./commands/shared-redis.js";
import { type LeasedRedis } from "./connection/leased-redis.js";
import { leasedFactory, plainFactory } from "./factory.js";
import { type ResolvedRedisOptions } from "./resolved-options.js";
import { Connects } from "./shared/connects.js";
import { Dispatcher } from "./shared/dispatcher.js";
import { type ShareNotice } from "./shared/dispatcher-options.js";

/** Everything behind one client, from its opening to its end. */
export interface OpenedRedis {
  readonly client: RedisClient;
  /** Those open now, lent and shared. */
  readonly connections: number;
  readonly gauges: Readonly<Record<string, number>>;
  /** One round trip over the shared connection. Rejects when the server does not answer. */
  check(signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
  reconnect(signal: AbortSignal): Promise<void>;
  close(timeout: number): Promise<void>;
}

/** Opens connections as `options` say, and proves the shared one with the server unless they are `lazy`. Rejects with the reason, and leaves nothing open. */
export async function openRedis(
  options: ResolvedRedisOptions,
  { name, signal, lost, recovered }: OpenContext,
): Promise<OpenedRedis> {
  const { dedicated, dispatcher, client } = partsOf(name, options, { lost, recovered });
  const close = async (timeout: number): Promise<void> => {
    await Promise.all([dedicated.close({ timeout }), dispatcher.close(timeout)]);
  };
  try {
    if (!options.lazy) await prove(dispatcher, dedicated, options.pool.minIdle, signal);
  } catch (error) {
    await close(0);
    throw error;
  }
  return {
    client,
    close,
    async check(asked) {
      await dispatcher.ping(asked);
      return undefined;
    },
    reconnect: (asked) => dispatcher.connect(asked),
    get connections() {
      return dedicated.stats.size + dispatcher.stats.connections;
    },
    get gauges() {
      const { inFlight, queued } = dispatcher.stats;
      return { inFlight, queued };
    },
  };
}

async function prove(
  dispatcher: Dispatcher,
  dedicated: Pool<LeasedRedis>,
  minIdle: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await dispatcher.connect(signal);
    if (minIdle > 0) await dedicated.warm(minIdle, { signal });
  } catch (error) {
    throw isPoolError(error, "UNAVAILABLE") ? (error.cause ?? error) : error;
  }
}

/** What works behind one client. */
interface Parts {
  readonly dedicated: Pool<LeasedRedis>;
  readonly dispatcher: Dispatcher;
  readonly client: RedisClient;
}

function partsOf(name: string, options: ResolvedRedisOptions, notice: ShareNotice): Parts {
  const { pool, commandTimeout, credentials } = options;
  const driver = { ...options.driver, connectionName: name.replace(/[^\x21-\x7e]/g, "-") };
  const home = { where: name, readOnly: () => undefined };
  const factoryOptions = { driver, credentials, home, commandTimeout };
  const dedicated = createPool(leasedFactory(factoryOptions), { ...pool, name });
  const connects = new Connects(pool.clock, options.maxRetries);
  const factory = connects.watch(plainFactory(factoryOptions), () => dispatcher.connectFailed());
  const links = createPool(factory, linkPoolOptions(`${name}:shared`, pool));
  const lifetime = (): number => pool.maxLifetime * (1 - pool.lifetimeJitter * pool.random());
  const { maxQueued, pingInterval, silentAfter } = options;
  const dispatcher = new Dispatcher(
    links,
    connects,
    {
      home,
      lifetime,
      clock: pool.clock,
      commandTimeout,
      maxQueued,
      pingInterval,
      silentAfter,
      validateIfIdleFor: pool.validateIfIdleFor,
    },
    notice,
  );
  const sender: Sender = {
    name,
    submit: (command, how) => dispatcher.submit(command, how),
    batch: (how) => dispatcher.batch(how),
    submitBlocking: (command, how) =>
      submitBlocking(command, { dedicated, submit: (one) => dispatcher.submit(one) }, how),
  };
  return { dedicated, dispatcher, client: clientOf(sender, dedicated) };
}

function clientOf(sender: Sender, dedicated: Pool<LeasedRedis>): RedisClient {
  const shared = new SharedRedis(sender);
  return {
    async call<T>(name: string, ...given: CallArguments): Promise<T> {
      const { command, options } = readCall(name, given);
      return (await sendFor(sender, command, options)) as T; // the caller knows what the command answers
    },
    commands: shared,
    dedicated,
    use: (work, options) => dedicated.use((redis) => work(redis), options),
  };
}

/** Connections that are shared stay with who has opened them: no more than a few, none of them idle. */
function linkPoolOptions(name: string, pool: ResolvedPoolOptions) {
  const { connectTimeout, closeTimeout, clock, random } = pool;
  return {
    name,
    maxSize: 8,
    maxIdle: 0,
    maxWaiting: Infinity,
    maxLifetime: Infinity,
    leakAfter: Infinity,
    selfDeadlock: "off",
    ...{ connectTimeout, closeTimeout, clock, random },
  } as const;
}
