import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();
const person = pgTable("person", { id: integer("id").primaryKey(), name: text("name").notNull() });

describe("Drizzle over our pool", () => {
  it("queries, keeps a transaction on one connection, rolls back, and serves more callers than connections", async () => {
    const pool = database.open();
    const db = drizzle({ client: pool });
    await db.execute(sql`create table person (id int primary key, name text not null)`);
    await db.insert(person).values({ id: 1, name: "Ada" });
    const failed = db.transaction(async (tx) => {
      await tx.insert(person).values({ id: 2, name: "Bob" });
      expect(await tx.select().from(person)).toHaveLength(2);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await db.select().from(person)).toEqual([{ id: 1, name: "Ada" }]);
    const pids = await atOnce((n) =>
      db.transaction(async (tx) => {
        const pid = sql<number>`pg_backend_pid()`;
        const [before] = await tx.select({ pid }).from(person);
        await tx.insert(person).values({ id: 100 + n, name: "many" });
        const [after] = await tx.select({ pid }).from(person).limit(1);
        return before?.pid === after?.pid;
      }),
    );
    expect(new Set(pids)).toEqual(new Set([true]));
    expect(await db.select({ id: person.id }).from(person).where(eq(person.name, "many"))).toHaveLength(NUMBERS.length);
    const prepared = db
      .select()
      .from(person)
      .where(eq(person.id, sql.placeholder("id")))
      .prepare("by_id");
    for (let round = 0; round < 3; round += 1) expect(await prepared.execute({ id: 1 })).toHaveLength(1);
    await pool.end();
  });

  it("works on one client that was lent before", async () => {
    const pool = database.open();
    const client = await pool.connect();
    const db = drizzle({ client });
    const { rows } = await db.transaction((tx) => tx.execute(sql`select 1 as one`));
    expect(rows).toEqual([{ one: 1 }]);
    client.release();
  });
});
