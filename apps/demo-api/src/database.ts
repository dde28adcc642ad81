import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { connectAll, isPoolError, type Pool, type Registry } from "@pool/core";
import { sqlite } from "@pool/sqlite";
import { kyselyDialect } from "@pool/sqlite/kysely";
import { Kysely } from "kysely";
import { type Config } from "./config.js";
import { type MigrationDialect } from "./data/migrations.js";
import { type Schema } from "./data/schema.js";
import { type Violation } from "./errors.js";
import { makeStore, type Store } from "./store.js";

/** An open database: what the service works with, and what the routes about health and pools show. */
export interface OpenDatabase {
  readonly registry: Registry;
  readonly store: Store;
  readonly migration: MigrationDialect;
  /** The pools behind one connector of the registry. */
  readonly poolsOf: (name: string) => readonly Pool<unknown>[];
  /** Which constraint an error says was violated, if it says so. */
  readonly violationOf: (error: unknown) => Violation | undefined;
  /** Drains the pools up to `timeout` ms, and closes them. */
  readonly close: (timeout?: number) => Promise<void>;
}

/** By the name that `DATABASE` chooses. All that is special to one database is in this file. */
const databases = { sqlite: openSqlite } as const;

export type DatabaseKind = keyof typeof databases;
export const databaseKinds = Object.keys(databases);

/** Opens the database that the configuration names, and proves that it answers. @throws PoolError `CONNECT_ALL_FAILED` */
export function openDatabase(config: Config, signal?: AbortSignal): Promise<OpenDatabase> {
  return databases[config.database](config, signal);
}

async function openSqlite({ dataDir }: Config, signal: AbortSignal | undefined): Promise<OpenDatabase> {
  await mkdir(dataDir, { recursive: true });
  const registry = await connectAll(
    { db: sqlite({ file: join(dataDir, "orders.sqlite") }) },
    { ...(signal && { signal }) },
  );
  const { client } = registry.get("db");
  return {
    registry,
    store: makeStore(client, (queryable) => new Kysely<Schema>({ dialect: kyselyDialect(queryable) })),
    migration: { idColumn: (column) => column.primaryKey().autoIncrement() },
    poolsOf: (name) => (name === "db" ? [client.pools.writer, client.pools.threads, client.pools.processes] : []),
    violationOf: (error) =>
      isPoolError(error, "CONSTRAINT_FAILED") ? SQLITE_VIOLATIONS[String(error.details.constraint)] : undefined,
    close: (timeout) => registry.close({ ...(timeout !== undefined && { timeout }) }),
  };
}

const SQLITE_VIOLATIONS: Readonly<Record<string, Violation>> = {
  unique: "unique",
  primarykey: "unique",
  foreignkey: "foreign-key",
  check: "check",
  notnull: "not-null",
};
