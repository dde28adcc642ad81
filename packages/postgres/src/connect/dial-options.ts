import { userInfo } from "node:os";
import type pg from "pg";
import { type Duration, parseDuration } from "@pool/core";
import { DEFAULT_PORT, type HostAddress, parseHost } from "./address.js";
import { type ConnectOptions, type PasswordProvider } from "./connect-options.js";
import { type TargetSessionAttrs } from "./role.js";
import { parametersOf, refusedByPgBouncer } from "./settings.js";
import { readTls } from "./ssl-options.js";
import { type TlsOptions } from "./tls-attempts.js";
import { type ChannelBinding } from "./url-parameters.js";
import { readUrl, type UrlParts } from "./url.js";

export type { ConnectOptions, PasswordProvider } from "./connect-options.js";
export { connectOptions } from "./option-table.js";

/** {@link ConnectOptions}, complete and checked. */
export interface DialOptions {
  readonly hosts: readonly HostAddress[];
  readonly user: string;
  readonly database: string;
  readonly password: string | PasswordProvider | undefined;
  readonly tls: TlsOptions;
  readonly channelBinding: ChannelBinding;
  /** Startup parameters beside user and database. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly targetSessionAttrs: TargetSessionAttrs;
  readonly loadBalanceHosts: "disable" | "random";
  /** In ms; Infinity is none. */
  readonly keepAlive: number;
  readonly types: pg.CustomTypesConfig | undefined;
  readonly poolMode: "session" | "transaction";
  /** How long one connect may take, in ms; it is shared among the hosts. What ends a dial is its signal. */
  readonly connectTimeout: number;
}

/** What the option table has let through. `connectTimeout` is left out where the user said nothing, so that the URL's counts. */
export type RawConnectOptions = ConnectOptions & {
  readonly connectTimeout?: Duration | undefined;
  readonly acquireTimeout?: Duration | undefined;
};

/**
 * Puts options and URL together and fills in the defaults. `problems` says what is wrong with them together, each in one sentence and without
 * secrets; the options are of use only when there is none.
 */
export function readConnectOptions(raw: RawConnectOptions): {
  readonly options: DialOptions;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const url = raw.url === undefined ? undefined : readUrl(raw.url);
  problems.push(...(url?.problems ?? []));
  const said: Partial<UrlParts> = url?.parts ?? {};
  const hosts = hostsOf(raw, said, problems);
  const user = raw.user ?? said.user ?? systemUser(problems);
  const applicationName = raw.applicationName ?? said.applicationName;
  const startup = parametersOf(raw.settings ?? {});
  const options: DialOptions = {
    hosts,
    user,
    database: raw.database ?? said.database ?? user,
    password: raw.password ?? said.password,
    tls: readTls(
      {
        mode: raw.sslmode ?? (raw.ssl === undefined ? said.sslmode : sslmodeUnder(raw.ssl, said)),
        ssl: raw.ssl,
        negotiation: raw.sslnegotiation ?? said.sslnegotiation,
        rootcert: said.sslrootcert,
      },
      problems,
    ),
    channelBinding: raw.channelBinding ?? said.channelBinding ?? "prefer",
    parameters: {
      ...(said.options !== undefined && { options: said.options }),
      ...startup,
      ...(applicationName !== undefined && { application_name: applicationName }),
    },
    targetSessionAttrs: raw.targetSessionAttrs ?? said.targetSessionAttrs ?? (hosts.length > 1 ? "read-write" : "any"),
    loadBalanceHosts: raw.loadBalanceHosts ?? said.loadBalanceHosts ?? "disable",
    keepAlive: inMs(raw.keepAlive) ?? said.keepAlive ?? 30_000,
    types: raw.types,
    poolMode: raw.poolMode ?? "session",
    connectTimeout: inMs(raw.connectTimeout) ?? said.connectTimeout ?? defaultTimeout(inMs(raw.acquireTimeout)),
  };
  if (options.poolMode === "transaction") problems.push(...refusedByPgBouncer(options.parameters));
  for (const [name, text] of Object.entries({ user, database: options.database, applicationName }))
    if (text?.includes("\0") === true) problems.push(`${name} must not have a NUL in it`);
  return { options, problems };
}

/** Hosts as an option takes them: `"db"`, `"db:5433"`, `"[::1]:5433"`, or a folder. `what` names the option in problems. */
export function readHosts(
  texts: readonly string[],
  port: number,
  what: string,
  problems: string[],
): readonly HostAddress[] {
  return texts.flatMap((text) => {
    const read = parseHost(text, port);
    if (typeof read !== "string") return [read];
    problems.push(`${what} has ${read}`);
    return [];
  });
}

function hostsOf(raw: RawConnectOptions, said: Partial<UrlParts>, problems: string[]): readonly HostAddress[] {
  const own = raw.hosts ?? (raw.host === undefined ? undefined : [raw.host]);
  if (raw.hosts !== undefined && raw.host !== undefined) problems.push("host and hosts exclude each other");
  if (said.hosts !== undefined && (own !== undefined || raw.port !== undefined))
    problems.push("url names the hosts, so host, hosts and port are not to be given beside it");
  if (said.hosts !== undefined) return said.hosts;
  return readHosts(
    own ?? ["localhost"],
    raw.port ?? DEFAULT_PORT,
    raw.hosts === undefined ? "host" : "hosts",
    problems,
  );
}

// `ssl: true` and `ssl: false` go before the URL's sslmode; certificates do not say how strictly they are used.
function sslmodeUnder(ssl: NonNullable<ConnectOptions["ssl"]>, said: Partial<UrlParts>): UrlParts["sslmode"] {
  return typeof ssl === "boolean" ? undefined : said.sslmode;
}

function systemUser(problems: string[]): string {
  try {
    return userInfo().username;
  } catch {
    problems.push("user is required: the system has no name for the user of this process");
    return "";
  }
}

// As a pool has it, so that the hosts share the time that there is.
function defaultTimeout(acquireTimeout = Infinity): number {
  return Math.max(1_000, Math.min(5_000, acquireTimeout));
}

function inMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}
