import { existsSync } from "node:fs";
import { join } from "node:path";
import type * as poolTesting from "@pool/testing";
import { pgbench, type Pgbench } from "./pgbench.ts";
import { SCHEMA } from "./statements.ts";

/** `@pool/testing`, wherever it was loaded from. */
export type TestingPackage = Pick<typeof poolTesting, "startPostgres">;

/** A PostgreSQL of our own on loopback, without fsync, with the tables that all contestants read. */
export async function startServer({ startPostgres }: TestingPackage): Promise<poolTesting.PostgresServer> {
  const server = await startPostgres({ own: true, settings: { max_connections: 250 } });
  await server.sql(SCHEMA, { database: server.database });
  return server;
}

/** The pgbench beside the server's own programs, if they came with one. */
export async function benchOf(server: poolTesting.PostgresServer): Promise<Pgbench | undefined> {
  const [{ setting: folder } = {}] = await server.sql("select setting from pg_config where name = 'BINDIR'");
  if (folder === undefined || folder === null || !existsSync(join(folder, "pgbench"))) return undefined;
  return pgbench(folder, server);
}
