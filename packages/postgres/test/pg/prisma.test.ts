import { PrismaPg } from "@prisma/adapter-pg";
import { describe, expect, it } from "vitest";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();
const NO_ARGS = { args: [], argTypes: [] };

describe("Prisma's adapter over our pool", () => {
  it("queries, rolls back, serves more callers than connections, and lets go", async () => {
    const pool = database.open();
    const adapter = await new PrismaPg(pool).connect();
    expect(adapter.underlyingDriver()).toBe(pool);
    await adapter.executeScript(
      "create table person (id int primary key, name text); insert into person values (1, 'Ada')",
    );
    const tx = await adapter.startTransaction("SERIALIZABLE");
    expect(await tx.executeRaw({ sql: "insert into person values (2, 'Bob')", ...NO_ARGS })).toBe(1);
    await tx.executeRaw({ sql: "ROLLBACK", ...NO_ARGS });
    await tx.rollback();
    const read = await adapter.queryRaw({ sql: "select id, name from person", ...NO_ARGS });
    expect(read).toMatchObject({ columnNames: ["id", "name"], rows: [[1, "Ada"]] });
    await expect(adapter.queryRaw({ sql: "insert into person values (1, 'Ada')", ...NO_ARGS })).rejects.toMatchObject({
      cause: { kind: "UniqueConstraintViolation" },
    });
    const answers = await atOnce((n) =>
      adapter.queryRaw({
        sql: "select $1::int as n",
        args: [n],
        argTypes: [{ scalarType: "int", arity: "scalar" }],
      }),
    );
    expect(answers.map(({ rows }) => rows[0]?.[0])).toEqual(NUMBERS);
    expect(pool.listenerCount("error")).toBe(1);
    await adapter.dispose();
    expect(pool.listenerCount("error")).toBe(0);
    expect(pool.ending).toBe(false);
  });
});
