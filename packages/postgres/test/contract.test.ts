import { describeAdapter, startPostgres } from "@pool/testing";
import { afterAll } from "vitest";
import { createDialer } from "../src/connect/dialer.js";
import { postgresDriver } from "../src/driver.js";
import { postgresFactory } from "../src/factory.js";
import { postgres, type PostgresConnection } from "../src/index.js";
import { readPostgresOptions } from "../src/resolved-options.js";

const server = await startPostgres({ own: true });
afterAll(() => server[Symbol.asyncDispose]());
await server.sql("create role other login password 'another secret'");

const { url, port, host, user, password } = server;
const dialer = createDialer(readPostgresOptions({ url }).dial);
const unreachable = { host, port: 1, user, password, connectTimeout: 2_000 };
const count = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";

describeAdapter("postgres", {
  factory: () => ({
    factory: postgresFactory({ dialer, reset: "auto", statementCache: 100, cancelTimeout: 1_000, mustWrite: false }),
    driver: postgresDriver("contract", undefined),
  }),
  connector: () => postgres({ url }),
  badConnector: () => postgres(unreachable),
  otherCredentials: () => postgres({ host, port, user: "other", password: "another secret" }),
  secrets: [password, "another secret"],
  openCount: async () => Number((await server.sql(count))[0]?.count),
  breakResource: (connection: PostgresConnection) => server.sql(`select pg_terminate_backend(${connection.processId})`),
  async outage() {
    await server.stop();
    return () => server.start();
  },
  sessionState: {
    "a setting": left("set work_mem = '7MB'", "select 1 where current_setting('work_mem') = '7MB'"),
    "a setting by function": left(
      "select set_config('work_mem', '7MB', false)",
      "select 1 where current_setting('work_mem') = '7MB'",
    ),
    "a temporary table": left(
      "create temp table mine (id int)",
      "select 1 where to_regclass('pg_temp.mine') is not null",
    ),
    "an advisory lock": left(
      "select pg_advisory_lock(7)",
      "select 1 from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
    ),
    "a channel": left("listen mine", "select 1 from pg_listening_channels()"),
    "a prepared statement": left(
      "prepare mine as select 1",
      "select 1 from pg_prepared_statements where name = 'mine'",
    ),
  },
  sql: { slow: "select pg_sleep(60)", placeholder: (n) => `$${n}` },
});

function left(statement: string, question: string) {
  return {
    leave: (connection: PostgresConnection) => connection.run({ text: statement }),
    isThere: async (connection: PostgresConnection) => (await connection.run({ text: question })).rowCount === 1,
  };
}
