import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { loadConnectors } from "@pool/config";
import { connectAll, type Connector, type Pool, type Queryable, type Registry } from "@pool/core";
import { postgres, type PostgresClient, type PostgresMethods, postgresOptions } from "@pool/postgres";
import { sqlite, type SqliteClient, sqliteOptions } from "@pool/sqlite";
import { type Config } from "./config.js";
import { type DatabaseDialect, postgresDialect, sqliteDialect } from "./dialect.js";
import { makeStore, type Store } from "./store.js";

/** An open database: what the service works with, and what the routes about health and pools show. */
export interface OpenDatabase {
  readonly registry: Registry;
  readonly store: Store;
  readonly dialect: Omit<DatabaseDialect, "kyselyOver" | "loadInto">;
  /** The pools behind one connector of the registry. */
  readonly poolsOf: (name: string) => readonly Pool<unknown>[];
  /** Drains the pools up to `timeout` ms, and closes them. */
  readonly close: (timeout?: number) => Promise<void>;
}

const factories = {
  sqlite: { create: sqlite, options: sqliteOptions },
  postgres: { create: postgres, options: postgresOptions },
};

type Database = Connector<SqliteClient> | Connector<PostgresClient>;

/** Opens the database that the configuration names, and proves that it answers. @throws PoolError `INVALID_OPTIONS`, `CONNECT_ALL_FAILED` */
export async function openDatabase({ database }: Config, signal?: AbortSignal): Promise<OpenDatabase> {
  const { db } = await loadConnectors({ ...database, factories, expect: { db: ["sqlite", "postgres"] } });
  if (!isPostgres(db)) await makeFolder(db);
  const registry = await connectAll({ db }, { ...(signal && { signal }) });
  return {
    registry,
    ...(isPostgres(db)
      ? { dialect: postgresDialect, store: makeStore<PostgresMethods>(db.client, postgresDialect) }
      : { dialect: sqliteDialect, store: makeStore<Queryable>(db.client, sqliteDialect) }),
    poolsOf: (name) => (name === "db" ? poolsOf(db) : []),
    close: (timeout) => registry.close({ ...(timeout !== undefined && { timeout }) }),
  };
}

// The kind is the name of the factory that has made it.
function isPostgres(db: Database): db is Connector<PostgresClient> {
  return db.kind === "postgres";
}

async function makeFolder({ config }: Connector<SqliteClient>): Promise<void> {
  const { file } = config;
  if (typeof file === "string" && file !== ":memory:") await mkdir(dirname(file), { recursive: true });
}

function poolsOf({ client }: Database): readonly Pool<unknown>[] {
  return Object.values<Pool<unknown> | undefined>({ ...client.pools }).filter((pool) => pool !== undefined);
}
