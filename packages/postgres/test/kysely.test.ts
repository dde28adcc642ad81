import { type Connector } from "@pool/core";
import { type PostgresServer, sharedPostgres } from "@pool/testing";
import { type Generated, Kysely, sql } from "kysely";
import { TypeOverrides } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PostgresClient, postgres } from "../src/index.js";
import { kyselyDialect, type KyselyTarget } from "../src/kysely/index.js";

interface Schema {
  product: { id: Generated<number>; name: string; stock: number };
}

let server: PostgresServer;
let connector: Connector<PostgresClient>;
let client: PostgresClient;
let db: Kysely<Schema>;

const over = (target: KyselyTarget): Kysely<Schema> => new Kysely<Schema>({ dialect: kyselyDialect(target) });
const stockOf = async (...ids: number[]): Promise<number[]> =>
  (await db.selectFrom("product").select("stock").where("id", "in", ids).orderBy("id").execute()).map(
    (row) => row.stock,
  );
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "it succeeded",
    (error: unknown) => error,
  );

beforeAll(async () => {
  server = await sharedPostgres();
  connector = await postgres({ url: server.url, maxSize: 3, acquireTimeout: 5_000 }).connect();
  client = connector.client;
  db = over(client);
});
afterAll(async () => {
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await client.query(`drop table if exists product;
    create table product (id int generated always as identity primary key, name text, stock int check (stock >= 0));
    insert into product (name, stock) select 'product ' || n, n from generate_series(1, 10) as n`);
});

test("runs Kysely's queries over the pool", async () => {
  const added = await db.insertInto("product").values({ name: "new", stock: 5 }).returning("id").execute();
  expect(added).toEqual([{ id: 11 }]);
  const inserted = await db.insertInto("product").values({ name: "newer", stock: 5 }).executeTakeFirstOrThrow();
  expect(inserted.numInsertedOrUpdatedRows).toBe(1n);
  const updated = await db.updateTable("product").set({ stock: 7 }).where("id", ">", 8).executeTakeFirstOrThrow();
  expect(updated.numUpdatedRows).toBe(4n);
  expect((await db.deleteFrom("product").where("id", "=", 1).executeTakeFirstOrThrow()).numDeletedRows).toBe(1n);
  expect(await db.selectFrom("product").select(["id", "stock"]).where("id", "=", 11).execute()).toEqual([
    { id: 11, stock: 7 },
  ]);
  expect(client.pool.stats.leased).toBe(0);
});

test("does more queries at once than there are connections", async () => {
  const ids = Array.from({ length: 30 }, (_, at) => (at % 10) + 1);
  expect(await Promise.all(ids.map((id) => stockOf(id)))).toEqual(ids.map((id) => [id]));
  expect(client.pool.stats).toMatchObject({ leased: 0, waiting: 0 });
});

test("commits and rolls back Kysely's transactions, and names what a constraint refused", async () => {
  await db.transaction().execute((tx) => tx.updateTable("product").set({ stock: 50 }).where("id", "=", 1).execute());
  const failed = db.transaction().execute(async (tx) => {
    await tx.updateTable("product").set({ stock: 60 }).where("id", "=", 1).execute();
    await tx.updateTable("product").set({ stock: -1 }).where("id", "=", 2).execute();
  });
  expect(await failureOf(failed)).toMatchObject({ code: "CONSTRAINT_FAILED", details: { constraint: "check" } });
  expect(await stockOf(1, 2)).toEqual([50, 2]);
  expect(client.pool.stats.leased).toBe(0);
});

test("begins with the isolation and the access mode that Kysely is told, and refuses another database's", async () => {
  const settings = async (tx: Kysely<Schema>) =>
    await sql<{ level: string; readonly: string }>`
      select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as readonly
    `.execute(tx);
  const strict = db.transaction().setIsolationLevel("serializable").setAccessMode("read only");
  expect((await strict.execute(settings)).rows).toEqual([{ level: "serializable", readonly: "on" }]);
  expect((await db.transaction().execute(settings)).rows).toEqual([{ level: "read committed", readonly: "off" }]);
  const writing = strict.execute((tx) => tx.deleteFrom("product").execute());
  expect(await failureOf(writing)).toMatchObject({ code: "READ_ONLY" });
  expect(await failureOf(db.transaction().setIsolationLevel("snapshot").execute(settings))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(client.pool.stats.leased).toBe(0);
});

test("knows Kysely's savepoints, whose rollback heals a failed transaction", async () => {
  const tx = await db.startTransaction().execute();
  await tx.updateTable("product").set({ stock: 100 }).where("id", "=", 1).execute();
  const inner = await tx.savepoint('a "name"').execute();
  expect(await failureOf(inner.updateTable("product").set({ stock: -1 }).execute())).toMatchObject({
    code: "CONSTRAINT_FAILED",
  });
  const healed = await inner.rollbackToSavepoint('a "name"').execute();
  await healed.updateTable("product").set({ stock: 101 }).where("id", "=", 2).execute();
  await (await healed.releaseSavepoint('a "name"').execute()).commit().execute();
  expect(await stockOf(1, 2)).toEqual([100, 101]);
  expect(client.pool.stats.leased).toBe(0);
});

test("says so when a COMMIT rolls back, since a statement had failed", async () => {
  const tx = await db.startTransaction().execute();
  await tx.updateTable("product").set({ stock: 100 }).where("id", "=", 1).execute();
  await failureOf(tx.updateTable("product").set({ stock: -1 }).execute());
  expect(await failureOf(tx.commit().execute())).toMatchObject({ code: "TRANSACTION_ENDED" });
  await tx.rollback().execute();
  expect(await stockOf(1)).toEqual([1]);
  expect(client.pool.stats.leased).toBe(0);
});

test("keeps one connection for db.connection(), with its settings, and gives it back clean", async () => {
  const zone = sql<{ zone: string }>`select current_setting('TimeZone') as zone`;
  const before = (await zone.execute(db)).rows;
  await db.connection().execute(async (one) => {
    await sql`set time zone 'Asia/Tokyo'`.execute(one);
    await one.transaction().execute((tx) => tx.updateTable("product").set({ stock: 8 }).where("id", "=", 1).execute());
    expect((await zone.execute(one)).rows).toEqual([{ zone: "Asia/Tokyo" }]);
    expect(client.pool.stats.leased).toBe(1);
  });
  for (const { rows } of await Promise.all([zone.execute(db), zone.execute(db), zone.execute(db)])) {
    expect(rows).toEqual(before);
  }
});

test("streams through a cursor, and closes it when the loop is left", async () => {
  const numbers = sql<{ n: number }>`(select n from generate_series(1, 1000000) as n)`;
  const seen: number[] = [];
  for await (const { n } of db.selectFrom(numbers.as("numbers")).select("n").stream(3)) {
    seen.push(n);
    if (seen.length === 7) break;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const ids: number[] = [];
  for await (const row of db.selectFrom("product").select("id").orderBy("id").stream(4)) ids.push(row.id);
  expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await expect.poll(() => client.pool.stats.leased).toBe(0);
});

test("cancels on the server by Kysely's signal, whether it waits, runs or streams, and goes on", async () => {
  const running = new AbortController();
  const sleeps = sql`select pg_sleep(60)`.execute(db, {
    signal: running.signal,
    inflightQueryAbortStrategy: "cancel query",
  });
  const statements = async () =>
    (await server.sql("select query from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'"))
      .length;
  await expect.poll(statements).toBe(1);
  running.abort(new Error("enough"));
  await expect(sleeps).rejects.toThrow("enough");
  await expect.poll(statements).toBe(0);

  const leases = await Promise.all([client.acquire(), client.acquire(), client.acquire()]);
  const waiting = new AbortController();
  const waits = sql`select 1`.execute(db, { signal: waiting.signal });
  await expect.poll(() => client.pool.stats.waiting).toBe(1);
  waiting.abort(new Error("no patience"));
  await expect(waits).rejects.toThrow("no patience");
  await expect.poll(() => client.pool.stats.waiting).toBe(0);
  for (const lease of leases) lease.release();

  const reading = new AbortController();
  const rows = db.selectFrom("product").select("id").stream({ chunkSize: 2, signal: reading.signal });
  const read = async (): Promise<void> => {
    for await (const row of rows) if (row.id === 3) reading.abort(new Error("seen enough"));
  };
  await expect(read()).rejects.toThrow("seen enough");
  expect(await stockOf(1)).toEqual([1]);
  await expect.poll(() => client.pool.stats.leased).toBe(0);
});

test("parses columns as it is told", async () => {
  const types = new TypeOverrides();
  types.setTypeParser(20, Number); // int8
  const asNumber = new Kysely<Schema>({ dialect: kyselyDialect(client, { types }) });
  const count = (on: Kysely<Schema>) =>
    on.selectFrom("product").select((eb) => [eb.fn.countAll().as("n"), eb.fn.max("name").as("name")]);
  expect(await count(asNumber).execute()).toEqual([{ n: 10, name: "product 9" }]);
  expect(await count(db).execute()).toEqual([{ n: "10", name: "product 9" }]);
});

test("finds tables by Kysely's introspection", async () => {
  expect((await db.introspection.getTables()).map(({ name }) => name)).toEqual(["product"]);
});

test("builds statements inside a transaction of the client's, savepoints and streams too, and begins none of its own there", async () => {
  const failed = client.transaction(async (tx) => {
    await over(tx).updateTable("product").set({ stock: 70 }).where("id", "=", 1).execute();
    await tx.transaction(async (inner) => {
      await over(inner).updateTable("product").set({ stock: 71 }).where("id", "=", 2).execute();
    });
    const seen: number[] = [];
    for await (const { stock } of over(tx)
      .selectFrom("product")
      .select("stock")
      .where("id", "<", 3)
      .orderBy("id")
      .stream(1))
      seen.push(stock);
    expect(seen).toEqual([70, 71]);
    const nested = over(tx).transaction();
    expect(await failureOf(nested.execute(async () => {}))).toMatchObject({ code: "INVALID_ARGUMENT" });
    throw new Error("all of it is rolled back");
  });
  await expect(failed).rejects.toThrow("all of it is rolled back");
  expect(await stockOf(1, 2)).toEqual([1, 2]);
});

test("names its sessions among the holders, and leaves the client open when it is destroyed", async () => {
  const own = new Kysely<Schema>({ dialect: kyselyDialect(client, { label: "nightly" }) });
  await own.transaction().execute(async (tx) => {
    await tx.selectFrom("product").select("id").execute();
    expect(client.pool.holders()).toMatchObject([{ label: "nightly", inTransaction: true }]);
  });
  await own.destroy();
  expect(await stockOf(1)).toEqual([1]);
});
