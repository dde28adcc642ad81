import { withRecovery, type Connector } from "@pool/core";
import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { CompiledQuery, Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres, type PostgresClient } from "../src/index.js";
import { kyselyDialect } from "../src/kysely/index.js";
import { Pool } from "../src/pg/index.js";

// The server refuses a wrong number of values with 08P01, protocol_violation, whose class is that of lost connections; and functions that ask
// other servers (dblink, postgres_fdw) tell of theirs with 08001, 08003 and 08006. The connection goes on, unless the error is fatal.

let server: PostgresServer;
let connector: Connector<PostgresClient>;
let client: PostgresClient;
beforeAll(async () => {
  server = await sharedPostgres();
  connector = await postgres({ url: server.url, maxSize: 1 }).connect();
  client = connector.client;
});
afterAll(async () => {
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});

const pid = async (): Promise<unknown> => (await client.query("select pg_backend_pid() as pid")).rows[0]?.pid;
const refused = { code: "STATEMENT_FAILED", details: { sqlstate: "08P01" }, cause: { code: "08P01" } };
const raising = (sqlstate: string): string =>
  `do $$ begin raise exception 'from elsewhere' using errcode = '${sqlstate}'; end $$`;

describe.each<[string, string, unknown[]]>([
  ["too few values", "select $1::int as a, $2::int as b", [1]],
  ["too many values", "select $1::int as a", [1, 2]],
])("%s fail the statement alone", (_, text, values) => {
  test("of a client, also where the text is prepared", async () => {
    const before = await pid();
    for (let time = 0; time < 3; time++) await expect(client.query(text, values)).rejects.toMatchObject(refused);
    const error: unknown = await client.query(text, values).catch((thrown: unknown) => thrown);
    expect(connector.classify?.(error)).toBe("syntax");
    expect(connector.classify?.((error as Error).cause)).toBe("syntax");
    expect(await pid()).toBe(before);
  });

  test("of a session, a transaction and a savepoint, which go on", async () => {
    const before = await pid();
    await client.session(async (session) => {
      await session.query("begin; savepoint here");
      await expect(session.query(text, values)).rejects.toMatchObject(refused);
      await session.query("rollback to here; commit");
    });
    await client.transaction(async (tx) => {
      await expect(tx.transaction((inner) => inner.query(text, values))).rejects.toMatchObject(refused);
      expect((await tx.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    });
    await expect(client.transaction((tx) => tx.query(text, values))).rejects.toMatchObject(refused);
    expect(await pid()).toBe(before);
  });

  test("of a batch and of a stream", async () => {
    const before = await pid();
    await expect(client.batch([{ text: "select 1" }, { text, values }])).rejects.toMatchObject(refused);
    await expect(client.stream(text, values).next()).rejects.toMatchObject(refused);
    expect(await pid()).toBe(before);
  });

  test("on the shared connection, and not its neighbours", async () => {
    const backend = "select pg_backend_pid() as pid";
    const before = (await client.shared.query(backend)).rows;
    const both = [client.shared.query(text, values), client.shared.query(backend)];
    const [failed, neighbour] = await Promise.allSettled(both);
    expect(failed).toMatchObject({ reason: refused });
    expect(neighbour).toMatchObject({ value: { rows: before } });
  });

  test("with recovery: it is run once", async () => {
    let runs = 0;
    const work = (given: PostgresClient) => {
      runs++;
      return given.query(text, values);
    };
    await expect(withRecovery(connector, work, { idempotent: true })).rejects.toMatchObject(refused);
    expect(runs).toBe(1);
  });

  test("in place of pg.Pool, whose client goes on as pg's does", async () => {
    await using pool = new Pool({ connectionString: server.url, max: 1 });
    const lent = await pool.connect();
    const before = (await lent.query("select pg_backend_pid() as pid")).rows as unknown;
    await expect(lent.query(text, values)).rejects.toMatchObject({ code: "08P01" });
    expect((await lent.query("select pg_backend_pid() as pid")).rows).toEqual(before);
    lent.release();
    await expect(pool.query(text, values)).rejects.toMatchObject({ code: "08P01" });
    expect((await pool.query("select pg_backend_pid() as pid")).rows).toEqual(before);
  });

  test("through Kysely, whose transaction may go on", async () => {
    const db = new Kysely<object>({ dialect: kyselyDialect(client) });
    const before = await pid();
    await expect(db.executeQuery(CompiledQuery.raw(text, values))).rejects.toMatchObject(refused);
    const inTransaction = db.transaction().execute((tx) => tx.executeQuery(CompiledQuery.raw(text, values)));
    await expect(inTransaction).rejects.toMatchObject(refused);
    expect(await pid()).toBe(before);
  });
});

test.each(["08001", "08003", "08006"])("%s of another server leaves the connection as it is", async (sqlstate) => {
  const before = await pid();
  const failed = { code: "STATEMENT_FAILED", details: { sqlstate } };
  const error: unknown = await client.query(raising(sqlstate)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(failed);
  expect(connector.classify?.(error)).toBe("connection");
  expect(await pid()).toBe(before);
});
