import { type Duration, type PoolOptions, type SupervisionOptions } from "@pool/core";
import { type PasswordProvider } from "./connect/credentials.js";
import { type TlsOptions } from "./connect/tls.js";

/** What {@link redis} takes: where to connect, how its connections behave, and the pool of those that are lent. */
export interface RedisOptions extends PoolOptions, SupervisionOptions {
  /** `redis://user:password@host:port/db`, or `rediss://` over TLS; options beside it come first. */
  url?: string;
  /** Where the server runs. @default "localhost" */
  host?: string;
  /** Its TCP port. @default 6379 */
  port?: number;
  /** The path of its Unix socket, in place of host and port. */
  path?: string;
  /** The number of the database. @default 0 */
  db?: number;
  /** The ACL user. Default: the server's default user. */
  user?: string;
  /** A text, or a function that is asked for each connect, and once more when what it gave was refused. */
  password?: string | PasswordProvider;
  /** TLS, verified. @default false, and true for rediss:// */
  tls?: boolean | TlsOptions;
  /** Sentinels to ask where the master is, in place of host and port. */
  sentinel?: SentinelOptions;
  /** Longest time for one command, the wait for a connection included, in ms. @default 5_000 */
  commandTimeout?: Duration;
  /** So many failed connects in a row are followed by another try, while commands that were not sent wait. @default 3 */
  maxRetries?: number;
  /** Commands that may wait at once for a connection that answers; one more is refused with `QUEUE_FULL`. @default 10_000 */
  maxQueued?: number;
  /** A connection that nothing has come from for so long is asked whether it is still there, in ms. @default 10_000 */
  pingInterval?: Duration;
  /** How long the server may owe an answer before another connection is tried beside the one that is silent, in ms; longer where its answers are known to take long. @default 500 */
  silentAfter?: Duration;
  /** `connect()` opens nothing; the first command does. @default false */
  lazy?: boolean;
}

/** Where Redis Sentinels are, and what they call the master. */
export interface SentinelOptions {
  /** Names or addresses, with `":port"` where it is not 26379. */
  readonly hosts: readonly string[];
  /** The name of the master group. */
  readonly name: string;
  /** As whom to ask them, where they want to know. */
  readonly user?: string;
  readonly password?: string;
  /** TLS to the sentinels. Default: as to the server. */
  readonly tls?: boolean | TlsOptions;
}
