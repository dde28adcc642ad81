import { redis } from "@pool/redis";
import { startRedis, type RedisServer } from "@pool/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCache, redisStore } from "../src/index.js";
import { until } from "./fake-store.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ own: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const STORE_TIMEOUT = 200;

it("keeps entries, stamps and locks through the client of @pool/redis", async () => {
  await using connector = await redis({ url: server.url }).connect();
  const { client } = connector;
  const options = { name: "ours", store: redisStore(() => connector.client), lock: client.lock, storeTimeout: "10s" };
  await using cache = createCache(options);
  await using other = createCache(options);
  const compute = async (): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return "computed";
  };
  const all = [cache, other].flatMap((one) =>
    Array.from({ length: 50 }, () => one.getOrCompute("a", compute, { tags: ["t"] })),
  );
  expect(new Set(await Promise.all(all))).toEqual(new Set(["computed"]));
  expect(cache.stats.computes + other.stats.computes).toBe(1);
  expect(await client.commands.pttl("ours:1:t:t")).toBeGreaterThan(await client.commands.pttl("ours:1:v:a"));
  await cache.set("b", 2, { tags: ["t"] });
  await other.invalidate("t");
  expect([await cache.get("a"), await cache.get("b")]).toEqual([undefined, undefined]);
  await cache.set("c", 3);
  await other.delete("c");
  expect(await client.commands.exists("ours:1:v:c")).toBe(0);
  await client.call("RPUSH", "ours:1:t:list", "x");
  const { signal } = new AbortController();
  await expect(options.store.add("ours:1:t:list", "x", 1_000, signal)).rejects.toMatchObject({ code: "WRONG_TYPE" });
});

it.each(["killed", "frozen"])("goes on while Redis is %s, and with it when it is back", async (how) => {
  await using connector = await redis({ url: server.url }).connect();
  const store = redisStore(() => connector.client);
  await using cache = createCache({ name: how, store, lock: connector.client.lock, storeTimeout: STORE_TIMEOUT });
  await cache.set("a", "in Redis");
  await (how === "killed" ? server.kill() : server.freeze());
  let slowest = 0;
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    await cache.get(`key ${String(i)}`);
    slowest = Math.max(slowest, performance.now() - from);
  }
  expect(slowest).toBeLessThan(STORE_TIMEOUT + 1_500); // what a machine that others use may add
  expect(cache.stats.store).toBe("away");
  await cache.set("b", "in memory");
  for (let i = 0; i < 200; i++) expect(await cache.get("b")).toBe("in memory");
  await cache.delete("a");
  await (how === "killed" ? server.start() : server.thaw());
  await until(() => cache.stats.store === "up");
  expect([await cache.get("a"), await cache.get("b")]).toEqual([undefined, undefined]);
  await until(async () => {
    await cache.set("b", "again");
    return (await cache.get("b")) === "again" && cache.stats.store === "up"; // and not of the fallback, when the machine is slow
  });
  expect(await connector.client.commands.exists(`${how}:1:v:a`, `${how}:1:v:b`)).toBe(1);
});

it("a connector that is not connected is a store that is away, and one that is connected again is not", async () => {
  const connector = redis({ url: server.url });
  await using cache = createCache({ name: "later", store: redisStore(() => connector.client) });
  while (cache.stats.store === "up") await cache.get("a");
  await cache.set("a", "in memory");
  expect(await cache.get("a")).toBe("in memory");
  await connector.connect();
  await until(() => cache.stats.store === "up");
  await until(async () => {
    await cache.set("a", "in Redis");
    return (await connector.client.commands.exists("later:1:v:a")) === 1;
  });
  await connector.disconnect();
});
