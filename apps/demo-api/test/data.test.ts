import { describe, expect, test } from "vitest";
import { generate } from "../src/data/generate.js";
import { migrate } from "../src/data/migrate.js";
import { type Progress, silent } from "../src/data/progress.js";
import { type OpenDatabase, openDatabase } from "../src/database.js";
import { backends, type TestDatabase } from "./support/databases.js";
import { brokenLedgers } from "./support/ledger.js";
import { startTestService, testConfig } from "./support/service.js";

const FULL = { DATA_PRODUCTS: "", DATA_CUSTOMERS: "", DATA_ORDERS: "" };

async function count(database: TestDatabase, table: string): Promise<number> {
  return (await database.read<{ n: number }>(`select count(*) as n from ${table}`))[0]!.n;
}

async function withDatabase(at: TestDatabase, work: (database: OpenDatabase) => Promise<void>): Promise<void> {
  const database = await openDatabase(testConfig(at));
  try {
    await migrate(database.store, database.dialect);
    await work(database);
  } finally {
    await database.close();
  }
}

/** Every generated row, as text. */
async function dump(database: TestDatabase): Promise<string> {
  const tables = ["products", "customers", "orders", "order_items", "stock"];
  return JSON.stringify(
    await Promise.all(tables.map((table) => database.read(`select * from ${table} order by 1, 2`))),
  );
}

describe.each(backends)("on $kind", (backend) => {
  test("fills the database by default with 2 000 products, 10 000 customers and 50 000 orders that add up", async () => {
    const database = await backend.create();
    const running = await startTestService(database, FULL);
    await running.stop();

    expect(await count(database, "products")).toBe(2_000);
    expect(await count(database, "stock")).toBe(2_000);
    expect(await count(database, "customers")).toBe(10_000);
    expect(await count(database, "orders")).toBe(50_000);
    expect(await count(database, "order_items")).toBeGreaterThan(100_000);
    expect(await count(database, "orders where id not in (select order_id from order_items)")).toBe(0);
    expect(
      await database.read(
        `select id from orders join order_items on order_id = id group by id having total_cents <> sum(quantity * price_cents)`,
      ),
    ).toEqual([]);
    expect(await brokenLedgers(database)).toEqual([]);
  });

  test("makes the same rows from the same seed, and others from another", async () => {
    const dumps: string[] = [];
    for (const DATA_SEED of ["7", "7", "8"]) {
      const database = await backend.create();
      const running = await startTestService(database, { DATA_SEED });
      await running.stop();
      dumps.push(await dump(database));
    }
    expect(dumps[0]).toBe(dumps[1]);
    expect(dumps[0]).not.toBe(dumps[2]);
  });

  test("a second start keeps what is there, also when other sizes are asked for", async () => {
    const database = await backend.create();
    const first = await startTestService(database);
    await first.client.patch("/customers/1", { name: "Changed Since" });
    await first.stop();
    const before = await dump(database);

    const second = await startTestService(database, { DATA_ORDERS: "400" });
    expect((await second.client.get("/customers/1")).body).toMatchObject({ name: "Changed Since" });
    await second.stop();
    expect(await dump(database)).toBe(before);
  });

  test("begins again when the generation before was cut short", async () => {
    const database = await backend.create();
    const size = { ...testConfig(database).data, orders: 12_000 };
    const cut = new AbortController();
    let added = 0;
    const cutShort: Progress = {
      ...silent,
      add(rows) {
        added += rows;
        if (added > 5_000) cut.abort(new Error("the power went out"));
      },
    };

    await withDatabase(database, async ({ store, dialect }) => {
      await expect(generate(store, dialect, size, cutShort, cut.signal)).rejects.toThrow("the power went out");
    });
    expect(await count(database, "orders")).toBe(5_000);
    expect(await count(database, "stock")).toBe(0);

    await withDatabase(database, async ({ store, dialect }) => {
      expect(await generate(store, dialect, size, silent)).toBe(true);
      expect(await generate(store, dialect, size, silent)).toBe(false);
    });
    expect(await count(database, "orders")).toBe(12_000);
    expect(await count(database, "data_set where completed_at is not null")).toBe(1);
    expect(await brokenLedgers(database)).toEqual([]);
  });

  test("tells how far it is, from 0 to all of it", async () => {
    const database = await backend.create();
    const told: (number | string)[] = [];
    const progress: Progress = {
      start: (total) => told.push(total),
      add: (rows) => told.push(rows),
      finish: () => told.push("finished"),
    };
    await withDatabase(database, async ({ store, dialect }) => {
      await generate(store, dialect, testConfig(database).data, progress);
    });
    const [total, ...parts] = told;
    expect(parts.pop()).toBe("finished");
    expect(parts.reduce((sum: number, part) => sum + Number(part), 0)).toBe(total);
  });

  test("loads whatever text there is as what it is, and nothing of a load that fails", async () => {
    const database = await backend.create();
    const texts = ["tab\there", "line\nbreak\r", "back\\slash", "\\N", "\\.", 'quote\'s "two"', "", "über 🚲"];
    const customers = texts.map((name, n) => ({
      id: n + 1,
      name,
      email: `${n}@example.org`,
      city: "x",
      country: "GB",
      created_at: "now",
    }));
    const order = {
      id: 1,
      customer_id: 1,
      status: "placed",
      total_cents: 2 ** 40,
      created_at: "now",
      cancelled_at: null,
    } as const;
    await withDatabase(database, async ({ store }) => {
      const load = (...orders: (typeof order)[]) =>
        store.load(
          async (into) => {
            await into("customers", customers);
            await into("orders", orders);
          },
          { label: "test" },
        );
      await expect(load(order, order)).rejects.toMatchObject({ code: "CONSTRAINT_FAILED" });
      expect(await store.db.selectFrom("customers").select("id").execute()).toEqual([]);
      await load(order);
      expect(await store.db.selectFrom("customers").selectAll().orderBy("id").execute()).toEqual(customers);
      expect(await store.db.selectFrom("orders").selectAll().execute()).toEqual([order]);
    });
  });
});
