import { fork } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRedis, type RedisServer } from "@pool/testing";
import { createCache, redisStore } from "../src/index.js";
import { until } from "./fake-store.js";
import { fiveHundred, type Report } from "./five-hundred.js";

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis({ own: true });
  redis = new Redis(server.url, { maxRetriesPerRequest: 1, retryStrategy: () => 50, commandTimeout: 1_000 });
  redis.on("error", () => undefined);
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const STORE_TIMEOUT = 200;

it("keeps values, stamps and ttls in Redis", async () => {
  const cache = createCache({ name: "values", store: redisStore(redis), ttl: "1m", ttlJitter: 0, storeTimeout: "10s" });
  expect(await cache.getOrCompute("a", () => ({ n: 1, text: "ä€\n" }), { tags: ["t"] })).toEqual({
    n: 1,
    text: "ä€\n",
  });
  await until(() => cache.stats.computes === 1);
  await cache.set("b", 2);
  expect(await redis.pttl("values:1:v:b")).toBeGreaterThan(50_000);
  const other = createCache({ name: "values", store: redisStore(() => redis), storeTimeout: "10s" });
  expect(await other.get("a")).toEqual({ n: 1, text: "ä€\n" });
  await other.invalidate("t");
  expect(await cache.get("a")).toBeUndefined();
  expect(await cache.get("b")).toBe(2);
  await cache.delete("b");
  expect(await redis.exists("values:1:v:b")).toBe(0);
});

it("keeps stamps for longer than any entry that has them", async () => {
  await using cache = createCache({
    name: "stamps",
    store: redisStore(redis),
    ttl: "1m",
    ttlJitter: 0,
    storeTimeout: "10s",
  });
  await cache.set("a", 1, { ttl: 864_000_000, tags: ["t"] });
  const [entry, stamp] = [await redis.pttl("stamps:1:v:a"), await redis.pttl("stamps:1:t:t")];
  expect(entry).toBeGreaterThan(800_000_000);
  expect(stamp).toBeGreaterThanOrEqual(entry);
  await cache.set("b", 2, { tags: ["t"] });
  expect(await redis.pttl("stamps:1:t:t")).toBeGreaterThanOrEqual(entry - 60_000); // not cut short
  await redis.pexpire("stamps:1:t:t", 30_000); // of old, say
  await cache.set("c", 3, { tags: ["t"] });
  expect(await redis.pttl("stamps:1:t:t")).toBeGreaterThanOrEqual(await redis.pttl("stamps:1:v:c"));
  expect(await cache.get("c")).toBe(3);
});

it("says so where something else than a text is under a key, and does not count as away", async () => {
  const store = redisStore(redis);
  await redis.rpush("types:1:t:t", "a list");
  const { signal } = new AbortController();
  await expect(store.add("types:1:t:t", "x", 1_000, signal)).rejects.toMatchObject({ code: "WRONG_TYPE" });
  await using cache = createCache({ name: "types", store, storeTimeout: "10s" });
  for (let i = 0; i < 5; i++) expect(await cache.getOrCompute(`key ${String(i)}`, () => i, { tags: ["t"] })).toBe(i);
  expect(cache.stats.store).toBe("up");
  await cache.set("a", 1);
  expect(await cache.get("a")).toBe(1);
});

it("two processes with 500 callers each compute once, with a lock", async () => {
  const program = new URL("programs/computes.ts", import.meta.url).pathname;
  const child = fork(program, [server.url], { stdio: "inherit" });
  const ended = once(child, "exit");
  const [{ go }] = await Promise.all([fiveHundred(server.url), once(child, "message")]); // both are ready
  const theirs = once(child, "message") as Promise<[Report]>; // what the program sends
  child.send("go");
  const [ours, [others]] = await Promise.all([go(), theirs]);
  const reports = [ours, others];
  await ended;
  expect(ours.computed + others.computed).toBe(1);
  expect(new Set(reports.flatMap(({ values }) => values)).size).toBe(1);
});

it.each(["killed", "frozen"])(
  "goes on without a Redis that is %s, each read within its time, and with it when it is back",
  async (how) => {
    const cache = createCache({ name: how, store: redisStore(redis), storeTimeout: STORE_TIMEOUT });
    await cache.set("a", "in Redis");
    await (how === "killed" ? server.kill() : server.freeze());
    let slowest = 0;
    for (let i = 0; i < 200; i++) {
      const from = performance.now();
      await cache.getOrCompute(`key ${String(i % 10)}`, () => i);
      slowest = Math.max(slowest, performance.now() - from);
    }
    process.stdout.write(
      `slowest read while Redis was ${how}: ${slowest.toFixed(0)} ms, of ${String(STORE_TIMEOUT)}\n`,
    );
    expect(slowest).toBeLessThan(STORE_TIMEOUT + 1_500); // what a machine that others use may add
    expect(cache.stats.store).toBe("away");
    await cache.delete("a");
    await (how === "killed" ? server.start() : server.thaw());
    await until(() => cache.stats.store === "up");
    expect(await cache.get("a")).toBeUndefined();
    await until(async () => {
      await cache.set("b", "again");
      return (await cache.get("b")) === "again" && cache.stats.store === "up";
    });
    expect(await redis.exists(`${how}:1:v:b`)).toBe(1);
    await cache.close();
  },
);
