import type { PostgresServer } from "@pool/testing";
import type { TestingPackage } from "../postgres/server.ts";

/** A server of its own with the hundred rows that are read, and a connection for everybody who is measured. */
export async function prepareServer({ startPostgres }: Pick<TestingPackage, "startPostgres">): Promise<PostgresServer> {
  const server = await startPostgres({ own: true, settings: { max_connections: 250 } });
  await server.sql("create table monitored as select id, 'name ' || id as name from generate_series(1, 100) id");
  await server.sql("alter table monitored add primary key (id)");
  return server;
}
