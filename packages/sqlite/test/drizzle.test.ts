import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase, withProducts } from "./support.js";

const product = sqliteTable("product", {
  id: integer().primaryKey(),
  name: text().notNull(),
  stock: integer().notNull(),
});

async function open() {
  const opened = await openDatabase();
  await withProducts(opened.client, 5);
  const database = await opened.client.database();
  onTestFinished(() => void database.close());
  return { ...opened, database, orm: drizzle({ client: database }) };
}

test("runs Drizzle's queries on a leased database", async () => {
  const { orm, client } = await open();
  expect(orm.select().from(product).where(eq(product.id, 2)).all()).toEqual([{ id: 2, name: "product 2", stock: 2 }]);
  expect(orm.insert(product).values({ name: "new", stock: 9 }).returning().get()).toEqual({
    id: 6,
    name: "new",
    stock: 9,
  });
  expect(orm.update(product).set({ stock: 0 }).where(eq(product.id, 1)).run()).toMatchObject({ changes: 1 });
  expect(orm.values(sql`select id, stock from product where id = 1`)).toEqual([[1, 0]]);
  expect((await client.query("select count(*) as n from product")).rows).toEqual([{ n: 6 }]);
});

test.each(["deferred", "immediate", "exclusive"] as const)("runs Drizzle's %s transactions", async (behavior) => {
  const { orm, client } = await open();
  orm.transaction((tx) => tx.update(product).set({ stock: 10 }).run(), { behavior });
  expect(() =>
    orm.transaction(
      (tx) => {
        tx.update(product).set({ stock: 20 }).run();
        throw new Error("changed my mind");
      },
      { behavior },
    ),
  ).toThrow("changed my mind");
  expect((await client.query("select distinct stock from product")).rows).toEqual([{ stock: 10 }]);
});

test("is the writer until it is closed, and closing twice does no harm", async () => {
  const { client, database } = await open();
  const write = client.query("update product set stock = 0");
  let written = false;
  void write.then(() => (written = true));
  expect((await client.query("select stock from product where id = 5")).rows).toEqual([{ stock: 5 }]);
  expect(written).toBe(false);
  database.close();
  database.close();
  expect(await write).toMatchObject({ rowCount: 5 });
});
