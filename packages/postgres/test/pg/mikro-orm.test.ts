import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql";
import { PostgresDialect } from "kysely";
import { describe, expect, it } from "vitest";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();
const Person = defineEntity({
  name: "Person",
  properties: { id: p.integer().primary(), name: p.string() },
});

describe("MikroORM over our pool", () => {
  it("queries, rolls back, serves more callers than connections, and ends", async () => {
    const pool = database.open();
    const orm = await MikroORM.init({
      clientUrl: database.url,
      driverOptions: new PostgresDialect({ pool }),
      entities: [Person],
    });
    await orm.schema.create();
    const em = orm.em.fork();
    em.create(Person, { id: 1, name: "Ada" });
    await em.flush();
    const failed = orm.em.fork().transactional(async (inner) => {
      inner.create(Person, { id: 2, name: "Bob" });
      await inner.flush();
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    const found = await orm.em.fork().find(Person, {});
    expect(found.map(({ id, name }) => ({ id, name }))).toEqual([{ id: 1, name: "Ada" }]);
    const answers = await atOnce((n) => orm.em.getConnection().execute<{ n: number }[]>("select ?::int as n", [n]));
    expect(answers.map(([row]) => row?.n)).toEqual(NUMBERS);
    expect(pool.totalCount).toBeLessThanOrEqual(3);
    await orm.close();
    expect(pool.ended).toBe(true);
  });
});
