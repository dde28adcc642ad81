import { type AcquireOptions, type Pool } from "@pool/core";
import { type Redis, type RedisCommander } from "ioredis";
import { type CallArguments } from "./commands/call.js";
import { type CommandOptions } from "./commands/shared-redis.js";
import { type LeasedRedis } from "./connection/leased-redis.js";

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
}
