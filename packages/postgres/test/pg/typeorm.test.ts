import pg from "pg";
import { DataSource, EntitySchema } from "typeorm";
import { describe, expect, it } from "vitest";
import { Pool } from "../../src/pg/index.js";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();

interface PersonRow {
  id: number;
  name: string;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- TypeORM means an object, and types it as a class
const Person = new EntitySchema<PersonRow>({
  name: "person",
  columns: { id: { type: "int", primary: true }, name: { type: "text" } },
});

describe("TypeORM over our pool", () => {
  it("queries, rolls back, serves more callers than connections, and ends", async () => {
    const source = new DataSource({
      type: "postgres",
      url: database.url,
      driver: { ...pg, Pool },
      poolSize: 3,
      entities: [Person],
      synchronize: true,
    });
    await source.initialize();
    const pool = (source.driver as unknown as { readonly master: Pool }).master;
    expect(pool).toBeInstanceOf(Pool);
    const people = source.getRepository(Person);
    await people.save({ id: 1, name: "Ada" });
    const failed = source.transaction(async (manager) => {
      await manager.save(Person, { id: 2, name: "Bob" });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await people.find()).toEqual([{ id: 1, name: "Ada" }]);
    const answers = await atOnce((n) => source.query<{ n: number }[]>("select $1::int as n", [n]));
    expect(answers.map(([row]) => row?.n)).toEqual(NUMBERS);
    expect(pool.totalCount).toBeLessThanOrEqual(3);
    await source.destroy();
    expect(pool.ended).toBe(true);
  });
});
