import { setTimeout as sleep } from "node:timers/promises";
import { onEvent } from "@pool/core";
import { faultProxy, type FaultProxy, sharedPostgres } from "@pool/testing";
import { afterAll, beforeEach, expect, test } from "vitest";
import { postgres, type PostgresOptions } from "../src/index.js";

const server = await sharedPostgres();
afterAll(() => server[Symbol.asyncDispose]());
let proxy: FaultProxy;
beforeEach(async () => {
  proxy = await faultProxy({ target: server });
  return () => proxy[Symbol.asyncDispose]();
});

async function connected(options: PostgresOptions = {}) {
  const db = await postgres({ name: "shows", url: proxy.url(server.url), maxSize: 4, ...options }).connect();
  const states: string[] = [];
  const stop = onEvent("connector:state", ({ connector, to }) => {
    if (connector === "shows" && to !== "closing" && to !== "closed") states.push(to);
  });
  await db.client.query("select 1");
  const close = async (): Promise<void> => {
    stop[Symbol.dispose]();
    await db.disconnect();
  };
  return { client: db.client, states, close, [Symbol.asyncDispose]: close };
}

test("shows at once, and its end with the next connection; connections that end are none", async () => {
  await using db = await connected();
  proxy.reset();
  await expect.poll(() => proxy.stats.opened, { timeout: 10_000 }).toBe(2); // it asks whether there is another
  await db.client.query("select 1");
  expect(db.states).toEqual([]);
  await proxy.refuse();
  proxy.reset();
  await expect.poll(() => db.states, { timeout: 10_000 }).toEqual(["degraded"]);
  await proxy.heal();
  await db.client.query("select 1");
  expect(db.states).toEqual(["degraded", "ready"]);
});

test("is not asked about where the next connection tells of it", async () => {
  await using db = await connected();
  for (let times = 1; times <= 3; times++) {
    proxy.reset();
    await expect.poll(() => db.client.pool.stats.size, { interval: 1 }).toBe(0);
    await db.client.query("select 1");
    await sleep(100);
    expect([proxy.stats.opened, db.states]).toEqual([1 + times, []]);
  }
});

test("shows while the connect that would tell of it hangs, long before that has taken its time", async () => {
  await using db = await connected({ connectTimeout: 8_000, acquireTimeout: 8_000 });
  proxy.hang();
  proxy.reset();
  await expect.poll(() => db.client.pool.stats.size, { interval: 1 }).toBe(0);
  const query = db.client.query("select 1");
  await expect.poll(() => db.states, { timeout: 4_000 }).toEqual(["degraded"]);
  await proxy.heal();
  proxy.reset();
  await query;
  await expect.poll(() => db.states).toEqual(["degraded", "ready"]);
});

test("is none where the next connect takes long and the server answers", async () => {
  await using db = await connected();
  proxy.latency(300);
  proxy.reset();
  await expect.poll(() => db.client.pool.stats.size, { interval: 1 }).toBe(0);
  const since = performance.now();
  await db.client.query("select 1");
  expect(performance.now() - since).toBeGreaterThan(700); // so that it was asked meanwhile
  expect(db.states).toEqual([]);
});

test("is not asked about by one that has been closed meanwhile", async () => {
  const db = await connected();
  proxy.reset();
  await expect.poll(() => db.client.pool.stats.size, { interval: 1 }).toBe(0);
  await db.close();
  await sleep(150);
  expect(proxy.stats.opened).toBe(1);
});
