import { expect, test } from "vitest";
import { generate } from "../src/data/generate.js";
import { migrate } from "../src/data/migrate.js";
import { type Progress, silent } from "../src/data/progress.js";
import { type OpenDatabase, openDatabase } from "../src/database.js";
import { brokenLedgers, readFrom } from "./support/ledger.js";
import { startTestService, temporaryFolder, testConfig } from "./support/service.js";

const FULL = { DATA_PRODUCTS: "", DATA_CUSTOMERS: "", DATA_ORDERS: "" };

function count(folder: string, table: string): number {
  return readFrom<{ n: number }>(folder, `select count(*) as n from ${table}`)[0]!.n;
}

async function withDatabase(folder: string, work: (database: OpenDatabase) => Promise<void>): Promise<void> {
  const database = await openDatabase(testConfig(folder));
  try {
    await migrate(database.store, database.migration);
    await work(database);
  } finally {
    await database.close();
  }
}

/** Every generated row, as text. */
function dump(folder: string): string {
  const tables = ["products", "customers", "orders", "order_items", "stock"];
  return JSON.stringify(tables.map((table) => readFrom(folder, `select * from ${table} order by 1, 2`)));
}

test("fills the database by default with 2 000 products, 10 000 customers and 50 000 orders that add up", async () => {
  const folder = await temporaryFolder();
  const running = await startTestService(folder, FULL);
  await running.stop();

  expect(count(folder, "products")).toBe(2_000);
  expect(count(folder, "stock")).toBe(2_000);
  expect(count(folder, "customers")).toBe(10_000);
  expect(count(folder, "orders")).toBe(50_000);
  expect(count(folder, "order_items")).toBeGreaterThan(100_000);
  expect(count(folder, "orders where id not in (select order_id from order_items)")).toBe(0);
  expect(
    readFrom(
      folder,
      `select id from orders join order_items on order_id = id group by id having total_cents <> sum(quantity * price_cents)`,
    ),
  ).toEqual([]);
  expect(brokenLedgers(folder)).toEqual([]);
});

test("makes the same rows from the same seed, and others from another", async () => {
  const dumps: string[] = [];
  for (const DATA_SEED of ["7", "7", "8"]) {
    const folder = await temporaryFolder();
    const running = await startTestService(folder, { DATA_SEED });
    await running.stop();
    dumps.push(dump(folder));
  }
  expect(dumps[0]).toBe(dumps[1]);
  expect(dumps[0]).not.toBe(dumps[2]);
});

test("a second start keeps what is there, also when other sizes are asked for", async () => {
  const folder = await temporaryFolder();
  const first = await startTestService(folder);
  await first.client.patch("/customers/1", { name: "Changed Since" });
  await first.stop();
  const before = dump(folder);

  const second = await startTestService(folder, { DATA_ORDERS: "400" });
  expect((await second.client.get("/customers/1")).body).toMatchObject({ name: "Changed Since" });
  await second.stop();
  expect(dump(folder)).toBe(before);
});

test("begins again when the generation before was cut short", async () => {
  const folder = await temporaryFolder();
  const size = { ...testConfig(folder).data, orders: 12_000 };
  const cut = new AbortController();
  let added = 0;
  const cutShort: Progress = {
    ...silent,
    add(rows) {
      added += rows;
      if (added > 5_000) cut.abort(new Error("the power went out"));
    },
  };

  await withDatabase(folder, async ({ store }) => {
    await expect(generate(store, size, cutShort, cut.signal)).rejects.toThrow("the power went out");
  });
  expect(count(folder, "orders")).toBe(5_000);
  expect(count(folder, "stock")).toBe(0);

  await withDatabase(folder, async ({ store }) => {
    expect(await generate(store, size, silent)).toBe(true);
    expect(await generate(store, size, silent)).toBe(false);
  });
  expect(count(folder, "orders")).toBe(12_000);
  expect(count(folder, "data_set where completed_at is not null")).toBe(1);
  expect(brokenLedgers(folder)).toEqual([]);
});

test("tells how far it is, from 0 to all of it", async () => {
  const folder = await temporaryFolder();
  const told: (number | string)[] = [];
  const progress: Progress = {
    start: (total) => told.push(total),
    add: (rows) => told.push(rows),
    finish: () => told.push("finished"),
  };
  await withDatabase(folder, async ({ store }) => {
    await generate(store, testConfig(folder).data, progress);
  });
  const [total, ...parts] = told;
  expect(parts.pop()).toBe("finished");
  expect(parts.reduce((sum: number, part) => sum + Number(part), 0)).toBe(total);
});
