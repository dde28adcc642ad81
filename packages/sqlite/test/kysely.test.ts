import { type Queryable } from "@pool/core";
import { type Generated, Kysely, sql, SqliteDialect } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { expect, onTestFinished, test } from "vitest";
import { kyselyDialect } from "../src/kysely/index.js";
import { failureOf, HEAVY, openDatabase, sleep, withProducts } from "./support.js";

interface Schema {
  product: { id: Generated<number>; name: string; stock: number };
}

async function open() {
  const opened = await openDatabase();
  await withProducts(opened.client, 10);
  const db = new Kysely<Schema>({ dialect: kyselyDialect(opened.client) });
  onTestFinished(() => db.destroy());
  return { ...opened, db };
}

test("runs Kysely's queries over the pools", async () => {
  const { db } = await open();
  const inserted = await db.insertInto("product").values({ name: "new", stock: 5 }).executeTakeFirstOrThrow();
  expect(inserted.insertId).toBe(11n);
  const updated = await db.updateTable("product").set({ stock: 7 }).where("id", ">", 8).executeTakeFirstOrThrow();
  expect(updated.numUpdatedRows).toBe(3n);
  expect(await db.deleteFrom("product").where("id", "=", 1).returning("name").execute()).toEqual([
    { name: "product 1" },
  ]);
  expect(await db.selectFrom("product").select(["id", "stock"]).where("id", "=", 11).execute()).toEqual([
    { id: 11, stock: 7 },
  ]);
});

test("does many queries at once", async () => {
  const { db } = await open();
  const names = await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      db
        .selectFrom("product")
        .select("name")
        .where("stock", "=", at + 1)
        .executeTakeFirstOrThrow(),
    ),
  );
  expect(names.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, at) => `product ${at + 1}`));
});

test("commits and rolls back Kysely's transactions", async () => {
  const { db, client } = await open();
  await db.transaction().execute((tx) => tx.updateTable("product").set({ stock: 50 }).where("id", "=", 1).execute());
  const failed = db.transaction().execute(async (tx) => {
    await tx.updateTable("product").set({ stock: 60 }).where("id", "=", 1).execute();
    await tx.updateTable("product").set({ stock: -1 }).where("id", "=", 2).execute();
  });
  expect(await failureOf(failed)).toMatchObject({ code: "CONSTRAINT_FAILED", details: { constraint: "check" } });
  expect(await db.selectFrom("product").select("stock").where("id", "=", 1).execute()).toEqual([{ stock: 50 }]);
  expect(client.pools.writer.stats.leased).toBe(0);
});

test("knows Kysely's savepoints and read-only transactions", async () => {
  const { db, client } = await open();
  const tx = await db.startTransaction().execute();
  await tx.updateTable("product").set({ stock: 1 }).where("id", "=", 1).execute();
  const inner = await tx.savepoint("one").execute();
  await inner.updateTable("product").set({ stock: 99 }).where("id", "=", 2).execute();
  await inner.rollbackToSavepoint("one").execute();
  await tx.commit().execute();
  expect(await db.selectFrom("product").select("stock").where("id", "<", 3).execute()).toEqual([
    { stock: 1 },
    { stock: 2 },
  ]);

  const reading = db
    .transaction()
    .setAccessMode("read only")
    .execute((read) => read.deleteFrom("product").execute());
  expect(await failureOf(reading)).toMatchObject({ code: "DATABASE_READONLY" });
  expect(client.pools.processes.stats.totals.acquired).toBe(1);
});

test("streams in chunks", async () => {
  const { db } = await open();
  const seen: number[] = [];
  for await (const row of db.selectFrom("product").select("id").orderBy("id").stream(3)) seen.push(row.id);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("finds tables by Kysely's introspection", async () => {
  const { db } = await open();
  expect((await db.introspection.getTables()).map(({ name }) => name)).toEqual(["product"]);
});

test("cancels a query by Kysely's signal", async () => {
  const { db } = await open();
  const controller = new AbortController();
  const read = sql.raw(HEAVY).execute(db, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 200);
  await expect(read).rejects.toThrow();
});

test("runs migrations once when several migrators come at the same time", async () => {
  const { client } = await openDatabase();
  const ran: string[] = [];
  const migration = (name: string): Migration => ({
    async up(db) {
      ran.push(name);
      await sleep(20);
      await db.schema.createTable(name).addColumn("id", "integer").execute();
    },
  });
  const provider = { getMigrations: async () => ({ m1: migration("m1"), m2: migration("m2") }) };
  const one = new Kysely<unknown>({ dialect: kyselyDialect(client) });
  const other = new Kysely<unknown>({ dialect: kyselyDialect(client) });
  const results = await Promise.all([one, one, other].map((db) => new Migrator({ db, provider }).migrateToLatest()));
  expect(results.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  expect(ran).toEqual(["m1", "m2"]);
  const broken = { getMigrations: async () => ({ m1: migration("m1"), m2: migration("m2"), m3: migration("m1") }) };
  expect((await new Migrator({ db: one, provider: broken }).migrateToLatest()).error).toBeDefined();
  expect((await new Migrator({ db: other, provider: broken }).migrateToLatest()).error).toBeDefined();
});

test("lends a synchronous database to Kysely's own dialect, and is the writer until it closes", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 3);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: () => client.database() }) });
  await db.updateTable("product").set({ stock: 30 }).where("id", "=", 3).execute();
  await db.transaction().execute((tx) => tx.insertInto("product").values({ name: "new", stock: 1 }).execute());
  expect(await failureOf(client.acquire({ timeout: 20 }))).toMatchObject({
    code: "ACQUIRE_TIMEOUT",
    details: { holders: [{ label: "database()" }] },
  });
  expect((await client.query("select sum(stock) as n from product")).rows).toEqual([{ n: 34 }]);
  await db.destroy();
  expect(await client.query("update product set stock = 0")).toMatchObject({ rowCount: 4 });
});

test("builds statements inside a transaction of the client's, savepoints too, and begins none of its own there", async () => {
  const { client } = await open();
  const over = (queryable: Queryable) => new Kysely<Schema>({ dialect: kyselyDialect(queryable) });
  const failed = client.transaction(async (tx) => {
    await over(tx).updateTable("product").set({ stock: 70 }).where("id", "=", 1).execute();
    await tx.transaction(async (inner) => {
      await over(inner).updateTable("product").set({ stock: 71 }).where("id", "=", 2).execute();
    });
    expect(await over(tx).selectFrom("product").select("stock").where("id", "in", [1, 2]).execute()).toEqual([
      { stock: 70 },
      { stock: 71 },
    ]);
    expect(
      await failureOf(
        over(tx)
          .transaction()
          .execute(async () => {}),
      ),
    ).toMatchObject({ code: "INVALID_ARGUMENT" });
    throw new Error("all of it is rolled back");
  });
  await expect(failed).rejects.toThrow("all of it is rolled back");
  expect((await client.query("select stock from product where id in (1, 2)")).rows).toEqual([
    { stock: 1 },
    { stock: 2 },
  ]);
});
