import { Logger, run } from "graphile-worker";
import { describe, expect, it } from "vitest";
import { CALLERS, testDatabase } from "./support.js";

const database = testDatabase();

describe("graphile-worker over our pool", () => {
  it("listens for jobs, works them, and keeps nothing of one that fails inside a transaction", async () => {
    const pool = database.open({ max: 5 });
    // It asks for both, and warns of a pool that has none.
    pool.on("error", () => undefined);
    pool.on("connect", (client) => client.on("error", () => undefined));
    const done: unknown[] = [];
    const all = Promise.withResolvers<undefined>();
    const runner = await run({
      pgPool: pool,
      concurrency: 3,
      noHandleSignals: true,
      logger: new Logger(() => () => undefined),
      pollInterval: 60_000, // so that what wakes it are notifications
      taskList: {
        async fail(_payload, { withPgClient }) {
          await withPgClient(async (client) => {
            await client.query("begin");
            await client.query("insert into counted values (-1)");
            throw new Error("no");
          });
        },
        async count(payload, { withPgClient }) {
          await withPgClient((client) =>
            client.query("insert into counted values ($1)", [(payload as { n: number }).n]),
          );
          done.push(payload);
          if (done.length === CALLERS) all.resolve(undefined);
        },
      },
    });
    await pool.query("create table counted (n int primary key)");
    await runner.addJob("fail", {}, { maxAttempts: 1 });
    for (let n = 0; n < CALLERS; n += 1) await runner.addJob("count", { n });
    await all.promise;
    const { rows } = await pool.query("select count(*)::int as n from counted");
    expect(rows).toEqual([{ n: CALLERS }]);
    await runner.stop();
    expect(pool.ending).toBe(false);
  });
});
