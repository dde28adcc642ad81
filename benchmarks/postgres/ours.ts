import type * as poolPostgres from "@pool/postgres";
import type * as facade from "@pool/postgres/pg";
import { overPg } from "./peers.ts";
import { POINT, ROWS, SIMPLE, type Item } from "./statements.ts";
import { POOL_SIZE, type Database, type PostgresEngine, type PostgresSubject } from "./subject.ts";

/** `@pool/postgres`, wherever it was loaded from. */
export type PostgresPackage = Pick<typeof poolPostgres, "postgres">;
export type PgFacade = Pick<typeof facade, "Pool">;

type Queries = Pick<poolPostgres.PostgresClient, "query"> | poolPostgres.SharedQueries;

/** With the defaults, through the client; a connection of the pool is leased for each statement. */
export function leased({ postgres }: PostgresPackage): PostgresEngine {
  return { name: "ours", open: (database) => open(postgres, database, (client) => client) };
}

/** With the defaults, over one pipelined connection that all share. */
export function shared({ postgres }: PostgresPackage): PostgresEngine {
  return { name: "ours shared", open: (database) => open(postgres, database, (client) => client.shared) };
}

/** With the defaults, as a `pg.Pool`. */
export function asPgPool({ Pool }: PgFacade): PostgresEngine {
  return {
    name: "ours as pg.Pool",
    open: ({ url }) => Promise.resolve(overPg(new Pool({ connectionString: url, max: POOL_SIZE }))),
  };
}

async function open(
  postgres: PostgresPackage["postgres"],
  { url }: Database,
  queriesOf: (client: poolPostgres.PostgresClient) => Queries,
): Promise<PostgresSubject> {
  const connector = await postgres({ url, maxSize: POOL_SIZE }).connect();
  const queries = queriesOf(connector.client);
  return {
    simple: () => queries.query(SIMPLE),
    point: async (id) => (await queries.query<Item>(POINT, [id])).rows[0],
    prepared: async (id) => (await queries.query<Item>({ text: POINT, values: [id], prepare: true })).rows[0],
    rows: async () => (await queries.query(ROWS)).rows,
    close: () => connector.disconnect(),
  };
}
