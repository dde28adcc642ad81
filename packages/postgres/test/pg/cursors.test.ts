import { setImmediate } from "node:timers/promises";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { describe, expect, it } from "vitest";
import { atOnce, testDatabase } from "./support.js";

const database = testDatabase();
const MANY = "select n from generate_series(1, $1::int) as n";

interface Row {
  readonly n: number;
}

describe("pg-cursor over our pool", () => {
  it("reads in pages, in the order of what was issued before and after it", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    const order: string[] = [];
    const first = client.query("select 1").then(() => order.push("first"));
    const second = client.query("select $1::int", [2]).then(() => order.push("second"));
    const cursor = client.query(new Cursor<Row>(MANY, [5]));
    const after = client.query("select 3").then(() => order.push("after"));
    expect((await cursor.read(2)).map(({ n }) => n)).toEqual([1, 2]);
    order.push("page");
    expect((await cursor.read(10)).map(({ n }) => n)).toEqual([3, 4, 5]);
    await cursor.close();
    await Promise.all([first, second, after]);
    expect(order).toEqual(["first", "second", "page", "after"]);
    client.release();
    expect(pool.idleCount).toBe(1);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("is not hit by a cancel of the statement in front of it", async () => {
    const pool = database.open({ max: 3 });
    const trial = async (n: number): Promise<void> => {
      const client = await pool.connect();
      const controller = new AbortController();
      const query = { text: "select pg_sleep(0.008)", signal: controller.signal };
      const before = client.query(query).catch((error: unknown) => expect(error).toBe(controller.signal.reason));
      const cursor = client.query(new Cursor("select pg_sleep(0.02), 1 as one"));
      const page = cursor.read(10);
      // While the server ends the statement, give or take.
      const abortAt = performance.now() + 7 + (n % 20) / 10;
      while (performance.now() < abortAt) await setImmediate();
      controller.abort();
      await before;
      expect(await page).toMatchObject([{ one: 1 }]);
      await cursor.close();
      client.release();
    };
    for (let round = 0; round < 40; round += 1)
      await Promise.all([trial(3 * round), trial(3 * round + 1), trial(3 * round + 2)]);
  });

  it("waits for all that was issued before it, though the last of that has failed at once", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    const order: string[] = [];
    const first = client.query("select pg_sleep(0.05)").then(() => order.push("first"));
    const refused = client.query("select '\0'").catch(() => order.push("refused"));
    const cursor = client.query(new Cursor<Row>(MANY, [1]));
    const behind = client.query(new Cursor<Row>(MANY, [2]));
    const last = client.query("select 1").then(() => order.push("last"));
    await setImmediate();
    expect((client as unknown as { readonly _queryQueue: readonly unknown[] })._queryQueue).toEqual([]);
    const pages = cursor.read(10).then(async (rows) => {
      order.push(`page of ${rows.length}`);
      await cursor.close();
      order.push(`page of ${(await behind.read(10)).length}`);
      await behind.close();
    });
    await Promise.all([first, refused, pages, last]);
    expect(order).toEqual(["refused", "first", "page of 1", "page of 2", "last"]);
    client.release();
  });

  it("left open at a release costs its connection, and nobody else's", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    const cursor = client.query(new Cursor<Row>(MANY, [1_000]));
    await cursor.read(1);
    client.release();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("reports the server's error", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    const cursor = client.query(new Cursor("select nothing"));
    await expect(cursor.read(1)).rejects.toMatchObject({ code: "42703" });
    client.release();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});

describe("pg-query-stream over our pool", () => {
  it("streams from a client", async () => {
    const pool = database.open();
    const sums = await atOnce(async () => {
      const client = await pool.connect();
      let sum = 0;
      for await (const { n } of client.query(new QueryStream(MANY, [100])) as AsyncIterable<Row>) sum += n;
      client.release();
      return sum;
    });
    expect(new Set(sums)).toEqual(new Set([5_050]));
    expect(pool.totalCount).toBeLessThanOrEqual(3);
  });

  it("streams from the pool, which takes the connection back at the end", async () => {
    const pool = database.open({ max: 1 });
    for (let round = 0; round < 3; round += 1) {
      let sum = 0;
      for await (const { n } of pool.query(new QueryStream(MANY, [1_000])) as AsyncIterable<Row>) sum += n;
      expect(sum).toBe(500_500);
    }
    await pool.end();
  });
});
