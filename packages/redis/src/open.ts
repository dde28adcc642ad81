import { type ManagedLock, type OpenContext, readFunction } from "@pool/core";
import { type RedisClient } from "./client.js";
import { submitBlocking } from "./commands/blocking.js";
import { type CallArguments, readCall } from "./commands/call.js";
import { type Sender } from "./commands/sender.js";
import { sendFor, SharedRedis } from "./commands/shared-redis.js";
import { connectFailure } from "./connect/connect-failure.js";
import { closeParts, lockOf, type Parts, partsOf } from "./parts.js";
import { type ResolvedRedisOptions } from "./resolved-options.js";
import { subscribe } from "./subscribe/subscribe.js";
import { watch } from "./transaction/watch.js";

/** Everything behind one client, from its opening to its end. */
export interface OpenedRedis {
  readonly client: RedisClient;
  /** Those open now, lent, shared and handed out. */
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
  const parts = partsOf(name, options, { lost, recovered });
  const { dedicated, dispatcher, hub, handing } = parts;
  const client = clientOf(parts);
  try {
    if (!options.lazy) await prove(parts, options.pool.minIdle, signal);
  } catch (error) {
    await closeParts(parts, 0);
    throw error;
  }
  return {
    client,
    async close(timeout) {
      await client.lock.close({ timeout: Math.min(timeout, LETTING_GO) });
      await closeParts(parts, timeout);
    },
    async check(asked) {
      await dispatcher.ping(asked);
      return undefined;
    },
    reconnect: (asked) => dispatcher.connect(asked),
    get connections() {
      return dedicated.stats.size + dispatcher.stats.connections + hub.connections + handing.connections;
    },
    get gauges() {
      const { inFlight, queued } = dispatcher.stats;
      return { inFlight, queued };
    },
  };
}

/** How long the server has for the locks that are held at the end, in ms. */
const LETTING_GO = 500;

async function prove({ name, dispatcher, dedicated }: Parts, minIdle: number, signal: AbortSignal): Promise<void> {
  try {
    await dispatcher.connect(signal);
    if (minIdle > 0) await dedicated.warm(minIdle, { signal });
  } catch (error) {
    throw connectFailure(name, error);
  }
}

function clientOf({ name, dedicated, dispatcher, hub, handing, roundTrips }: Parts): RedisClient {
  const sender: Sender = {
    name,
    submit: (command, how) => dispatcher.submit(command, how),
    batch: (how) => dispatcher.batch(how),
    submitBlocking: (command, how) =>
      submitBlocking(command, { dedicated, roundTrips, submit: (one) => dispatcher.submit(one) }, how),
  };
  let lock: ManagedLock | undefined;
  const client: RedisClient = {
    async call<T>(command: string, ...given: CallArguments): Promise<T> {
      const read = readCall(command, given);
      return (await sendFor(sender, read.command, read.options)) as T; // the caller knows what the command answers
    },
    commands: new SharedRedis(sender),
    dedicated,
    async use(work, options) {
      readFunction("use: work", work);
      return await dedicated.use((redis) => work(redis), options);
    },
    watch: (keys, work, options) => watch(dedicated, keys, work, options),
    subscribe: (channels, handler, options) => subscribe(hub, channels, handler, options),
    get lock() {
      return (lock ??= lockOf(client));
    },
    ioredis: (options = {}) => handing.hand(options),
  };
  return client;
}
