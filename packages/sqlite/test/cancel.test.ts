import { expect, test } from "vitest";
import { eventually, failureOf, HEAVY, openDatabase, sleep, timeOf, withProducts } from "./support.js";

test("cancels a long read at once by its signal, and has the slot free again", async () => {
  const { client } = await openDatabase({ readers: 1 });
  const { processes } = client.pools;
  await processes.warm(1);
  const controller = new AbortController();
  const read = client.query(HEAVY, [], { signal: controller.signal });
  await eventually(() => processes.stats.leased === 1);
  await sleep(100);
  const reason = new Error("the user went away");
  controller.abort(reason);
  expect(await timeOf(read)).toBeLessThan(1_000);
  await expect(read).rejects.toBe(reason);
  expect(await eventually(() => processes.stats.leased === 0, 1_000)).toBe(true);
  expect(
    (await client.query("select 1 as one from (select 1 union select 2)", [], { signal: AbortSignal.timeout(5_000) }))
      .rows,
  ).toHaveLength(2);
});

test("ends a read at its timeout", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await client.pools.processes.warm(1);
  const read = client.query(HEAVY, [], { timeout: 200 });
  expect(await failureOf(read)).toMatchObject({ code: "QUERY_TIMEOUT", details: { timeoutMs: 200 } });
  expect(await eventually(() => client.pools.processes.stats.leased === 0, 1_000)).toBe(true);
});

test("ends a read in a thread at the connector's timeout, and puts another thread in its place", async () => {
  const { client } = await openDatabase({ readers: 1, queryTimeout: 300 });
  const limited = HEAVY.replace("2000000000", "12000000");
  const read = client.query(limited);
  expect(await failureOf(read)).toMatchObject({ code: "QUERY_TIMEOUT" });
  expect(await eventually(() => client.pools.threads.stats.idle === 1)).toBe(true);
  expect(client.pools.threads.stats.totals.closedBy.destroyed).toBe(1);
  expect((await client.query("select 1 as one from (select 1 union select 2)")).rows).toHaveLength(2);
});

test("stops a read in a thread between two rows, and keeps the thread", async () => {
  const { client } = await openDatabase({ readers: 1, queryTimeout: 300 });
  const rows =
    "with recursive c(x) as (select 1 union all select x + 1 from c limit 1000000000) select x from c where x % 1000 = 0";
  expect(await failureOf(client.query(rows))).toMatchObject({ code: "QUERY_TIMEOUT" });
  expect((await client.query("select 1 as one from (select 1 union select 2)")).rows).toHaveLength(2);
  expect(client.pools.threads.stats.totals.closed).toBe(0);
});

test("gives up a read that still waits, and one whose signal has aborted before", async () => {
  const { client } = await openDatabase({ readers: 1 });
  using lease = await client.pools.processes.acquire();
  expect(lease.active).toBe(true);
  const controller = new AbortController();
  const waiting = client.query(HEAVY, [], { signal: controller.signal });
  controller.abort(new Error("never mind"));
  await expect(waiting).rejects.toThrow("never mind");
  const acquired = client.pools.processes.stats.totals.acquired;
  await expect(client.query("select 1", [], { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
    "too late",
  );
  await expect(client.query(HEAVY, [], { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow(
    "too late",
  );
  expect(client.pools.processes.stats.totals.acquired).toBe(acquired);
});

test("cancels a long statement of a transaction, whose changes are gone, and writes again at once", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  const controller = new AbortController();
  const transaction = client.transaction(async (tx) => {
    await tx.query("update product set stock = 100");
    setTimeout(() => controller.abort(new Error("enough")), 100);
    await tx.query(HEAVY, [], { signal: controller.signal });
  });
  await expect(transaction).rejects.toThrow("enough");
  expect((await client.query("select sum(stock) as n from product")).rows).toEqual([{ n: 6 }]);
  expect(await client.query("update product set stock = 5 where id = 1")).toMatchObject({ rowCount: 1 });
});

test("cancels a long write, of which nothing is left", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await client.query("create table t (a)");
  const write = client.query(`insert into t ${HEAVY.replace("count(*) as n", "x")}`, [], {
    signal: AbortSignal.timeout(300),
  });
  await expect(write).rejects.toThrow(/timeout/i);
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 0 }]);
  expect(await client.query("insert into t values (1)")).toMatchObject({ rowCount: 1 });
});

test("does not let a long read hold up short ones, nor the event loop", async () => {
  const { client } = await openDatabase({ readers: 2 });
  await withProducts(client, 100);
  const short = "select name from product where stock between ? and ?";
  await client.query(short, [1, 2]);
  const controller = new AbortController();
  const long = [1, 2, 3].map((n) => client.query(`${HEAVY} -- ${n}`, [], { signal: controller.signal }));
  const alsoLong = client.query(HEAVY.replace("2000000000", "3000000"));
  await sleep(50);
  let lag = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    lag = Math.max(lag, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  for (let at = 0; at < 100; at++) {
    expect((await client.query(short, [at, at + 1])).rows.length).toBeGreaterThan(0);
    expect((await client.query("select name from product where id = ?", [at + 1])).rows).toHaveLength(1);
  }
  clearInterval(timer);
  expect(lag).toBeLessThan(500); // how far below depends on the machine; in this thread it would have been seconds
  controller.abort();
  await Promise.allSettled(long);
  expect((await alsoLong).rows).toEqual([{ n: 3_000_000 }]);
});

test("moves a read that was seen to take long out of the threads", async () => {
  const { client } = await openDatabase({ readers: 1 });
  const long = HEAVY.replace("2000000000", "4000000");
  await client.query(long);
  expect(client.pools.processes.stats.totals.acquired).toBe(0);
  await client.query(long);
  expect(client.pools.processes.stats.totals.acquired).toBe(1);
});
