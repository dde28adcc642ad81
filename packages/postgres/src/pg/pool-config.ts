import { type Duration, invalidOptions } from "@pool/core";
import type pg from "pg";
import ConnectionParameters from "pg/lib/connection-parameters.js";
import { type PasswordProvider } from "../connect/dial-options.js";
import { type PostgresOptions } from "../options.js";
import { postgresOptions } from "../option-table.js";
import { type Elsewhere, refusedIn } from "./refused.js";
import { sslOf } from "./ssl.js";

type Widened = "password" | "keepAlive" | "onConnect";

/** What {@link Pool} takes: every option of `pg.Pool` under its own name, and beside them those of `postgres()` that are about a pool. */
export interface PoolConfig
  extends Omit<pg.PoolConfig, Widened>, Omit<PostgresOptions, keyof pg.PoolConfig | Widened | Elsewhere> {
  /** The password, or a function that is asked for each connect. */
  password?: string | (() => string | Promise<string>) | PasswordProvider | undefined;
  /** Whether TCP asks after a silence if the server is still there; a time is the silence. @default 30_000 */
  keepAlive?: boolean | Duration | undefined;
  /** Prepares a new connection before anybody gets it; what it sets, every reset leaves in place. A rejection makes the connect fail. */
  onConnect?: ((client: pg.ClientBase) => unknown) | undefined;
}

const WHERE = "pg.Pool";
/** `pg` bounds no queue; a program that runs thousands of queries at once shall not notice that this one does. */
const MAX_WAITING = 10_000;
const PG_IDLE_TIMEOUT = 10_000;
/** Times of the pool are looked at once a second. */
const SHORTEST = 1_000;

/**
 * The options of `postgres()` that a config of `pg.Pool` stands for. Options of ours go before those of pg, and what neither knows is ignored, as
 * pg does: libraries pass on what their users gave them.
 * @throws PoolError `INVALID_OPTIONS` for options of pg that would change the meaning of everything and are not supported
 */
export function optionsOf(config: PoolConfig): PostgresOptions {
  const refused = refusedIn(config);
  if (refused.length > 0) throw invalidOptions(WHERE, refused);
  const own = Object.entries(config).filter(([name, value]) => isOwn(name) && value !== undefined && value !== null);
  return without({
    name: "pg",
    maxWaiting: MAX_WAITING,
    ...limitsOf(config),
    ...targetOf(config),
    ...Object.fromEntries(own),
  });
}

/** Names that mean the same in pg, or are pg's own, are read as pg reads them. */
const READ_AS_PG: ReadonlySet<string> = new Set([
  "host",
  "port",
  "user",
  "database",
  "password",
  "ssl",
  "keepAlive",
  "maxUses",
]);

function isOwn(name: string): boolean {
  return Object.hasOwn(postgresOptions, name) && !READ_AS_PG.has(name);
}

function limitsOf(config: PoolConfig): PostgresOptions {
  const { max, poolSize, min, idleTimeoutMillis, connectionTimeoutMillis, maxUses, maxLifetimeSeconds } =
    config as Readonly<Partial<Record<keyof PoolConfig | "poolSize", unknown>>>;
  const maxSize = numberOf(max) || numberOf(poolSize) || 10;
  const patience = numberOf(connectionTimeoutMillis);
  const idle = numberOf(idleTimeoutMillis === undefined ? PG_IDLE_TIMEOUT : idleTimeoutMillis);
  const lifetime = numberOf(maxLifetimeSeconds) * 1_000;
  return {
    maxSize,
    minIdle: Math.min(maxSize, numberOf(min)),
    idleTimeout: idle === 0 ? Infinity : Math.max(SHORTEST, idle),
    maxUses: numberOf(maxUses) || Infinity,
    ...(connectionTimeoutMillis !== undefined && { acquireTimeout: patience === 0 ? Infinity : patience }),
    ...(patience > 0 && { connectTimeout: patience }),
    ...(maxLifetimeSeconds !== undefined && { maxLifetime: lifetime === 0 ? Infinity : Math.max(SHORTEST, lifetime) }),
  };
}

/** Where to connect and how: with a `url` of ours nothing is taken from the environment. */
function targetOf(config: PoolConfig): PostgresOptions {
  const pgConfig = config as pg.PoolConfig;
  const read = new ConnectionParameters(pgConfig);
  const isOurs = config.url !== undefined || config.hosts !== undefined;
  const from = isOurs ? config : read;
  const applicationName = read.application_name ?? read.fallback_application_name;
  return {
    user: from.user,
    database: from.database,
    ...(!isOurs && { host: read.host, port: read.port }),
    ...(isOurs && config.port !== undefined && { port: config.port }),
    password: passwordOf(from.password) ?? passwordOf(config.password),
    ...(isOurs ? sslOf(config.ssl, {}) : sslOf(read.ssl, pgConfig)),
    applicationName: applicationName === "" ? undefined : applicationName,
    settings: { ...settingsOf(read), ...config.settings },
    queryTimeout: numberOf(read.query_timeout) || Infinity,
    keepAlive: keepAliveOf(config),
    ...(config.enableChannelBinding === false && { channelBinding: "disable" }),
  } as PostgresOptions;
}

function passwordOf(password: unknown): unknown {
  return password === null || password === "" ? undefined : password;
}

/** What pg sends when a connection starts. */
function settingsOf(read: ConnectionParameters): Record<string, string> {
  const { statement_timeout, lock_timeout, idle_in_transaction_session_timeout, options } = read;
  const times = { statement_timeout, lock_timeout, idle_in_transaction_session_timeout };
  const set = Object.entries(times).filter(([, value]) => numberOf(value) > 0);
  return {
    ...Object.fromEntries(set.map(([name, value]) => [name, String(Math.trunc(numberOf(value)))])),
    ...(options !== undefined && options !== "" && { options }),
  };
}

function keepAliveOf({ keepAlive, keepAliveInitialDelayMillis }: PoolConfig): Duration | undefined {
  if (keepAlive === false) return Infinity;
  if (keepAlive !== undefined && keepAlive !== true) return keepAlive;
  const delay = numberOf(keepAliveInitialDelayMillis);
  return delay === 0 ? undefined : Math.max(SHORTEST, delay);
}

/** As pg does it, a text that is a number is one, and what is none counts as not given. */
function numberOf(value: unknown): number {
  const number = typeof value === "string" ? Number.parseFloat(value) : value;
  return typeof number === "number" && number > 0 ? number : 0;
}

function without(options: PostgresOptions): PostgresOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
