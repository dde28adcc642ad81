import { PgBoss } from "pg-boss";
import { describe, expect, it } from "vitest";
import { CALLERS, testDatabase } from "./support.js";

const database = testDatabase();

describe("pg-boss over our pool", () => {
  it("sends jobs, works them, and sends none from a transaction that is rolled back", async () => {
    const pool = database.open();
    const db = { executeSql: (text: string, values?: unknown[]) => pool.query<Record<string, unknown>>(text, values) };
    const boss = new PgBoss({ db, supervise: false, schedule: false });
    const errors: unknown[] = [];
    boss.on("error", (error) => errors.push(error));
    await boss.start();
    await boss.createQueue("count");
    const client = await pool.connect();
    await client.query("begin");
    const within = {
      executeSql: (text: string, values?: unknown[]) => client.query<Record<string, unknown>>(text, values),
    };
    await boss.send("count", { n: -1 }, { db: within });
    await client.query("rollback");
    client.release();
    await Promise.all(Array.from({ length: CALLERS }, (_, n) => boss.send("count", { n })));
    const seen: number[] = [];
    const all = Promise.withResolvers<undefined>();
    await boss.work<{ n: number }>("count", { batchSize: CALLERS, pollingIntervalSeconds: 0.5 }, (jobs) => {
      seen.push(...jobs.map(({ data }) => data.n));
      if (seen.length === CALLERS) all.resolve(undefined);
      return Promise.resolve();
    });
    await all.promise;
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: CALLERS }, (_, n) => n));
    await boss.stop({ graceful: true, timeout: 5_000 });
    expect(errors).toEqual([]);
    await pool.end();
  });
});
