import { userInfo } from "node:os";
import type pg from "pg";
import { type Duration, parseDuration } from "@pool/core";
import { DEFAULT_PORT, type HostAddress, parseHost } from "./address.js";
import { type TargetSessionAttrs } from "./role.js";
import { type SslMode, type TlsFiles } from "./tls.js";
import { type TlsOptions } from "./tls-attempts.js";

/** A password that is fetched for each connect; `refresh` is true when the last one was refused. */
export type PasswordProvider = (context: {
  readonly signal: AbortSignal;
  readonly refresh: boolean;
}) => string | PromiseLike<string>;

/** Where to connect, as whom, and how. */
export interface ConnectOptions {
  /** `postgres://user:password@host:port/database?…`; several hosts with commas between them. What is also said by an option of its own is taken from there. */
  url?: string;
  /** A name, an IP address, or the folder of a Unix socket. @default "localhost" */
  host?: string;
  /** Several hosts, tried one after the other; `"name:port"` where the port is not `port`. */
  hosts?: readonly string[];
  /** @default 5432 */
  port?: number;
  /** @default the name of the system's user */
  user?: string;
  /** The password, or a function that gives it for each connect. */
  password?: string | PasswordProvider;
  /** @default the name of the user */
  database?: string;
  /** What is asked of TLS. @default "verify-full"; "disable" for a connection that stays on this machine */
  sslmode?: SslMode;
  /** Certificates and the like for TLS, `true` for "verify-full", or `false` for "disable". */
  ssl?: boolean | (TlsFiles & { rejectUnauthorized?: boolean });
  /** Which server is wanted among several. @default "any" with one host, "read-write" with several */
  targetSessionAttrs?: TargetSessionAttrs;
  /** Whether hosts are tried in order, beginning with the one that answered last, or at random. @default "disable" */
  loadBalanceHosts?: "disable" | "random";
  /** What the server shows in `pg_stat_activity`. @default the connector's name */
  applicationName?: string;
  /** Settings of each connection, sent when it starts: they outlive every reset. */
  settings?: Readonly<Record<string, string | number | boolean>>;
  /** Silence after which TCP asks whether the server is still there, in ms. @default 30_000 */
  keepAlive?: Duration;
  /** Parsers for the types of values, as pg takes them. */
  types?: pg.CustomTypesConfig;
  /** Whether each connection is a session of its own, or a PgBouncer in transaction mode is in front. @default "session" */
  poolMode?: "session" | "transaction";
}

/** {@link ConnectOptions}, complete and checked. */
export interface DialOptions {
  readonly hosts: readonly HostAddress[];
  readonly user: string;
  readonly database: string;
  readonly password: string | PasswordProvider | undefined;
  readonly tls: TlsOptions;
  /** Startup parameters beside user and database. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly targetSessionAttrs: TargetSessionAttrs;
  readonly loadBalanceHosts: "disable" | "random";
  /** In ms; Infinity is none. */
  readonly keepAlive: number;
  readonly types: pg.CustomTypesConfig | undefined;
  readonly poolMode: "session" | "transaction";
  /** How long one connect may take at most, in ms; shared among the hosts. The signal of the dial is what ends it. */
  readonly connectTimeout: number;
}

/** Fills in the defaults. `problems` has what is wrong with the options together, each as one sentence. */
export function readConnectOptions(raw: ConnectOptions & { readonly connectTimeout?: Duration }): {
  readonly options: DialOptions;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const hosts = (raw.hosts ?? [raw.host ?? "localhost"]).flatMap((text) => {
    const read = parseHost(text, raw.port ?? DEFAULT_PORT);
    if (typeof read !== "string") return [read];
    problems.push(`host is ${read}`);
    return [];
  });
  const user = raw.user ?? userInfo().username;
  const options: DialOptions = {
    hosts,
    user,
    database: raw.database ?? user,
    password: raw.password,
    tls: { mode: raw.sslmode, files: {} },
    parameters: { ...(raw.applicationName !== undefined && { application_name: raw.applicationName }) },
    targetSessionAttrs: raw.targetSessionAttrs ?? (hosts.length > 1 ? "read-write" : "any"),
    loadBalanceHosts: raw.loadBalanceHosts ?? "disable",
    keepAlive: parseDuration(raw.keepAlive ?? 30_000) ?? 30_000,
    types: raw.types,
    poolMode: raw.poolMode ?? "session",
    connectTimeout: parseDuration(raw.connectTimeout ?? 5_000) ?? 5_000,
  };
  return { options, problems };
}
