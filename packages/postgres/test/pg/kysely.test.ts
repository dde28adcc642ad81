import { Kysely, PostgresDialect, sql } from "kysely";
import Cursor from "pg-cursor";
import { describe, expect, it } from "vitest";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();

interface Tables {
  person: { id: number; name: string };
}

describe("Kysely over our pool", () => {
  it("queries, rolls back, streams, serves more callers than connections, and ends", async () => {
    const pool = database.open();
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
    await sql`create table person (id int primary key, name text not null)`.execute(db);
    await db.insertInto("person").values({ id: 1, name: "Ada" }).execute();
    const failed = db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ id: 2, name: "Bob" }).execute();
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    await db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ id: 3, name: "Cyd" }).execute();
    });
    expect(await db.selectFrom("person").select("name").orderBy("id").execute()).toEqual([
      { name: "Ada" },
      { name: "Cyd" },
    ]);
    const answers = await atOnce((n) => sql<{ n: number }>`select ${n}::int as n`.execute(db));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(NUMBERS);
    const streamed: string[] = [];
    for await (const { name } of db.selectFrom("person").select("name").orderBy("id").stream(1)) streamed.push(name);
    expect(streamed).toEqual(["Ada", "Cyd"]);
    expect(pool.totalCount).toBeLessThanOrEqual(3);
    await db.destroy();
    expect(pool.ended).toBe(true);
  });
});
