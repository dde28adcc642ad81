import { createPool, createSqlClient, type Pool, type PoolOptions, type ResourceFactory, withHooks } from "@pool/core";
import { check } from "./check.js";
import { type PostgresClient } from "./client.js";
import { connectFailure } from "./connect-failure.js";
import { ping } from "./connect/ping.js";
import { createDialer } from "./connect/dialer.js";
import { type PostgresConnection } from "./connection/connection.js";
import { type PostgresResult } from "./connection/statement.js";
import { postgresDriver } from "./driver.js";
import { CANCEL_TIMEOUT, primaryFactory, replicaFactory } from "./factory.js";
import { labelling } from "./labels.js";
import { createListener, type Listener } from "./listen/listener.js";
import { type PostgresMethods, postgresMethods } from "./methods.js";
import { Outage, type OutageListener } from "./outage.js";
import { type ResolvedPostgresOptions } from "./resolved-options.js";
import { poolOver } from "./pg/pool-over.js";
import { createShared, type SharedConnections } from "./shared/shared.js";

/** Everything behind one client, from its opening to its end. */
export interface OpenedPostgres {
  readonly client: PostgresClient;
  /** Those open now, in the pools and beside them. */
  readonly connections: number;
  /** One round trip, which does not queue behind borrowers. Rejects when the server does not answer. */
  check(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  close(timeout: number): Promise<void>;
}

/** Opens pools as `options` say, and proves the primary unless they are `lazy`. Rejects with the reason, and leaves nothing open. */
export async function openPostgres(
  name: string,
  options: ResolvedPostgresOptions,
  context: OutageListener & { readonly signal: AbortSignal },
): Promise<OpenedPostgres> {
  const parts = partsOf(name, options, context);
  const { primary, replica, shared, listener } = parts;
  const pools = replica === undefined ? [primary] : [primary, replica];
  const close = async (timeout: number): Promise<void> => {
    parts.outage.close();
    await Promise.all([
      ...pools.map((pool) => pool.close({ timeout })),
      shared.close(timeout),
      listener.close(timeout),
    ]);
  };
  try {
    if (!options.lazy) await primary.warm(undefined, { signal: context.signal });
  } catch (error) {
    await close(0);
    throw connectFailure(name, error);
  }
  return {
    client: clientOf(options, parts),
    check: async (asked) => {
      const found = await check(primary, options.dial.hosts, asked);
      parts.outage.ended();
      return found;
    },
    close,
    get connections() {
      return (
        primary.stats.size + (replica?.stats.size ?? 0) + shared.stats.connections + Number(listener.stats.isListening)
      );
    },
  };
}

/** What works behind one client. */
interface Parts {
  readonly primary: Pool<PostgresConnection>;
  readonly replica: Pool<PostgresConnection> | undefined;
  readonly shared: SharedConnections;
  readonly listener: Listener;
  readonly outage: Outage;
}

function partsOf(name: string, options: ResolvedPostgresOptions, told: OutageListener): Parts {
  const { dial, replicas, shared, pool, queryTimeout, statementCache, labels } = options;
  const dialer = createDialer(dial);
  const onReadOnly = (): void => primary.evict("the server takes no writes any more");
  // A sign of life without a session: asking must not open a connection that nobody wants.
  const outage = new Outage(told, (signal) => Promise.any(dial.hosts.map((host) => ping(host, signal))));
  const primary = poolOf(options, { name }, outage.watch(primaryFactory(options, dialer, onReadOnly)));
  return {
    primary,
    outage,
    replica:
      replicas && poolOf(options, { ...replicas.limits, name: `${name}:replica` }, replicaFactory(options, replicas)),
    shared: createShared({
      ...{ name: `${name}:shared`, dialer, options: shared, pool, queryTimeout, statementCache, labels },
    }),
    listener: createListener({ name, dialer, poolMode: dial.poolMode, keepAlive: options.listenKeepAlive, pool }),
  };
}

function poolOf(
  { pool, hooks }: ResolvedPostgresOptions,
  limits: PoolOptions,
  factory: ResourceFactory<PostgresConnection>,
): Pool<PostgresConnection> {
  return createPool(hooks === undefined ? factory : withHooks(factory, hooks), { ...pool, ...limits });
}

function clientOf(options: ResolvedPostgresOptions, parts: Parts): PostgresClient {
  const { primary, replica, shared, listener } = parts;
  const { queryTimeout } = options;
  const labels = labelling(options.labels);
  const sql = createSqlClient<PostgresConnection, PostgresMethods>({
    pool: primary,
    readPool: replica,
    driver: postgresDriver(primary.name, labels),
    queryTimeout,
    cancelTimeout: CANCEL_TIMEOUT,
    // `query` is there already, and gives what PostgreSQL's driver gives.
    extend: postgresMethods(primary.name, queryTimeout, labels) as PostgresMethods,
  });
  return {
    ...sql,
    pools: { primary, replica },
    shared,
    batch: async (statements, how) => (await sql.batch(statements, how)) as PostgresResult[], // of this driver's `query`
    listen: listener.listen,
    async notify(channel, payload = "") {
      await sql.query("select pg_notify($1, $2)", [channel, payload]);
    },
    pgPool: () => poolOver(primary, options),
  };
}
