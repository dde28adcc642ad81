import { type AcquireOptions, type ManagedLock, type Pool } from "@pool/core";
import { type Redis, type RedisCommander } from "ioredis";
import { type CallArguments } from "./commands/call.js";
import { type CommandOptions } from "./commands/sender.js";
import { type DriverOptions } from "./connection/guarded-redis.js";
import { type LeasedRedis } from "./connection/leased-redis.js";
import { type MessageHandler, type SubscribeOptions, type Subscription } from "./subscribe/message.js";
import { type ExecResults, type WatchOptions, type WatchWork } from "./transaction/watch.js";

/** What needs a connection of its own, and is refused on the shared one. */
type OfSessions =
  | "exec"
  | "discard"
  | "watch"
  | "unwatch"
  | "select"
  | "auth"
  | "hello"
  | "reset"
  | "quit"
  | "monitor"
  | "sync"
  | "psync"
  | "asking"
  | "readonly"
  | "readwrite"
  | "subscribe"
  | "psubscribe"
  | "ssubscribe"
  | "unsubscribe"
  | "punsubscribe"
  | "sunsubscribe"
  | "failover"
  | "shutdown";

type Scans =
  | "scanStream"
  | "scanBufferStream"
  | "sscanStream"
  | "sscanBufferStream"
  | "hscanStream"
  | "hscanBufferStream"
  | "zscanStream"
  | "zscanBufferStream";

/** The commands of ioredis, with its types, over the shared connection. */
export type RedisCommands = Pick<
  Redis,
  Exclude<keyof RedisCommander, OfSessions> | "pipeline" | "multi" | "defineCommand" | Scans
> & {
  /** The same methods, each of whose commands is sent with these options: `commands.with({ signal }).get("key")`. */
  with(options: CommandOptions): RedisCommands;
};

/** What a Redis connector's `client` is. */
export interface RedisClient {
  /** One command over the shared connection, with options of its own behind its arguments: `call("SET", "key", "value", { timeout: 100 })`. */
  call<T = unknown>(command: string, ...args: CallArguments): Promise<T>;
  /** The commands of ioredis, with its types, over the shared connection. */
  readonly commands: RedisCommands;
  /** The pool of connections that are lent, to one borrower each. */
  readonly dedicated: Pool<LeasedRedis>;
  /** Borrows a connection for the time of `work`: for WATCH, blocking commands, and whatever else changes a connection. */
  use<T>(work: (redis: Redis) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T>;
  /**
   * Optimistic locking: watches the keys, has `work` read and put what is to be written into a MULTI, and executes it. When somebody else was quicker, all of it
   * runs again.
   * @throws PoolError `TRANSACTION_CONFLICT` after the last try · `OUTCOME_UNKNOWN` when the answer to EXEC was lost
   */
  watch(keys: string | readonly string[], work: WatchWork, options?: WatchOptions): Promise<ExecResults>;
  /**
   * Messages of channels, over one connection that all subscriptions share. Resolves when the server has confirmed. With a handler it is called for each;
   * without one, iterate over what this resolves with. After an outage it subscribes again by itself, and `onGap` says that something may have been missed.
   */
  subscribe(
    channels: string | readonly string[],
    handler?: MessageHandler,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** Locks on this server, with the keys `pool:lock:…`. Advisory: the README says what they promise. Closed with the connector. */
  readonly lock: ManagedLock;
  /**
   * A real ioredis client with a connection of its own, for libraries that want one (BullMQ, @fastify/redis, …). It reconnects by itself. Close it when you are
   * done with it, by `disconnect()` or `quit()`; the connector closes those that are left, and their duplicates, when it is disconnected.
   * @param options of ioredis, over those of the connector; not its credentials
   * @throws PoolError `POOL_CLOSED`
   */
  ioredis(options?: DriverOptions): Redis;
}
