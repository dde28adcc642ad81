import { createLock } from "@pool/core";
import { describeLock, faultProxy, startRedis } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { redis, redisLockStore } from "../src/index.js";
import { Admin } from "./support.js";

const server = await startRedis({ own: true });
const proxy = await faultProxy({ target: server });
const admin = new Admin(server);
const opened = await redis({ url: server.url }).connect();
afterAll(async () => {
  await opened.disconnect();
  await admin[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describeLock("redis", {
  async store() {
    const connector = await redis({ url: proxy.url(server.url), minIdle: 0 }).connect();
    return { made: redisLockStore(connector.client), dispose: () => connector.disconnect() };
  },
  async lock() {
    const connector = await redis({ url: proxy.url(server.url), minIdle: 0 }).connect();
    return { made: connector.client.lock, dispose: () => connector.disconnect() };
  },
  deleteKey: (key) => admin.redis.del(`pool:lock:key:${key}`),
  silence: () => proxy.stall(),
  heal: () => proxy.heal(),
  ttl: 1_000,
});

test("tokens grow even where the server has lost its counter", async () => {
  const { lock } = opened.client;
  let last = 0n;
  for (let n = 0; n < 5; n++) {
    const held = await lock.acquire("grows");
    expect(held.token).toBeGreaterThan(last);
    last = held.token;
    await held.release();
    await admin.redis.flushall(); // as a failover to a replica that had not heard of it would
  }
});

test("who waits is told of a release at once, and gets in when a holder has died", async () => {
  const { lock } = opened.client;
  const other = createLock(redisLockStore(opened.client));
  const held = await lock.acquire("told", { ttl: 10_000 });
  const waiting = other.acquire("told", { timeout: 5_000 });
  await expect.poll(() => admin.redis.pubsub("NUMSUB", "pool:lock:key:told")).toEqual(["pool:lock:key:told", 1]);
  const releasedAt = performance.now();
  await held.release();
  const next = await waiting;
  expect(performance.now() - releasedAt).toBeLessThan(900); // the key is asked for every second in any case
  await next.release();
  // A holder that is not heard of any more.
  await redisLockStore(opened.client).take("dead", "nobody", 300, AbortSignal.timeout(1_000));
  await (await other.acquire("dead", { timeout: 5_000 })).release();
  await other.close();
});
