import type pg from "pg";
import { type Duration } from "@pool/core";
import { type TargetSessionAttrs } from "./role.js";
import { type Settings } from "./settings.js";
import { type SslOption } from "./ssl-options.js";
import { type SslMode, type SslNegotiation } from "./tls.js";
import { type ChannelBinding } from "./url-parameters.js";

/** A password that is fetched for each connect; `refresh` is true when the last one was refused. */
export type PasswordProvider = (context: {
  readonly signal: AbortSignal;
  readonly refresh: boolean;
}) => string | PromiseLike<string>;

/** Where to connect, as whom, and how. Nothing is read from the environment (`PGHOST` …) or from files (`~/.pgpass`). */
export interface ConnectOptions {
  /** `postgres://user:password@host:port/database?…`, with several hosts and libpq's parameters. An option of its own goes before what the URL says. */
  url?: string;
  /** A name, an IP address, or the folder of a Unix socket. @default "localhost" */
  host?: string;
  /** Several hosts in place of `host`; `"name:port"` where the port is another. */
  hosts?: readonly string[];
  /** The port of hosts that name none. @default 5432 */
  port?: number;
  /** Who connects. @default the name of the system's user */
  user?: string;
  /** The password, or a function that is asked for each connect, and once more when it was refused. */
  password?: string | PasswordProvider;
  /** @default the name of the user */
  database?: string;
  /** What is asked of TLS, as libpq means it. @default "verify-full"; "disable" on loopback and Unix sockets */
  sslmode?: SslMode;
  /** Whether the server is asked for TLS first, or "direct" begins with the handshake, as PostgreSQL 17 can. @default "postgres" */
  sslnegotiation?: SslNegotiation;
  /** Certificates and the like for TLS, as content; `true` is "verify-full", `false` is "disable". */
  ssl?: SslOption;
  /** Whether SCRAM is bound to the TLS connection. @default "prefer" */
  channelBinding?: ChannelBinding;
  /** Which server is wanted. @default "any" with one host, "read-write" with several */
  targetSessionAttrs?: TargetSessionAttrs;
  /** Hosts are tried in order, the one that answered last first, or at random. @default "disable" */
  loadBalanceHosts?: "disable" | "random";
  /** What `pg_stat_activity` shows. */
  applicationName?: string;
  /** Settings of each connection, sent when it starts. Every reset leaves them in place. */
  settings?: Settings;
  /** Silence after which TCP asks whether the server is still there, in ms. @default 30_000 */
  keepAlive?: Duration;
  /** Parsers for the types of values, as pg takes them. @default pg's own */
  types?: pg.CustomTypesConfig;
  /** "transaction" when a PgBouncer in transaction mode is in front. @default "session" */
  poolMode?: "session" | "transaction";
}
