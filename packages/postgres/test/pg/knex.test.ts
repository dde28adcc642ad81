import knex from "knex";
import { describe, expect, it } from "vitest";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();

describe("Knex over our pool", () => {
  it("queries, rolls back, streams, and serves more callers than connections", async () => {
    const pool = database.open();
    const db = knex({ client: "pg", connectionPool: pool });
    await db.schema.createTable("person", (table) => {
      table.integer("id").primary();
      table.string("name");
    });
    await db("person").insert({ id: 1, name: "Ada" });
    const failed = db.transaction(async (trx) => {
      await trx("person").insert({ id: 2, name: "Bob" });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await db("person").select("name")).toEqual([{ name: "Ada" }]);
    await expect(db("nothing").select()).rejects.toMatchObject({ code: "42P01" });
    const answers = await atOnce((n) => db.raw<{ rows: { n: number }[] }>("select ?::int as n", [n]));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(NUMBERS);
    expect(pool.totalCount).toBeLessThanOrEqual(3);
    await db.destroy();
    expect(pool.ending).toBe(false); // Knex leaves a pool alone that it was given
  });
});
