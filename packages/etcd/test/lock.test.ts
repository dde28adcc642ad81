import { setTimeout as sleep } from "node:timers/promises";
import { createLock, type HeldLock } from "@pool/core";
import { faultProxy, startEtcd } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { etcd, etcdLockStore } from "../src/index.js";
import { base64, expectCode, until } from "./support.js";

const server = await startEtcd({ own: true });
const [one, other] = await Promise.all([
  etcd({ endpoints: server.url, name: "one" }).connect(),
  etcd({ endpoints: server.url, name: "other" }).connect(),
]);
afterAll(async () => {
  await Promise.all([one.disconnect(), other.disconnect()]);
  await server[Symbol.asyncDispose]();
});
const never = new AbortController().signal;

test.concurrent("one holder at a time, each with a greater token", async () => {
  const tokens: bigint[] = [];
  let inside = 0;
  const take = async (lock: typeof one.client.lock): Promise<void> => {
    for (let left = 5; left > 0; left--)
      await lock.use("turns", async ({ token }) => {
        expect(++inside).toBe(1);
        tokens.push(token);
        await sleep(1);
        inside--;
      });
  };
  await Promise.all([take(one.client.lock), take(other.client.lock), take(one.client.namespace("").lock)]);
  expect(tokens).toHaveLength(15);
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)));
});

test.concurrent(
  "a lock that is held is refused, and given when it is let go of, sooner than it would be asked for again",
  async () => {
    const held = await one.client.lock.acquire("wanted");
    expect(await other.client.lock.tryAcquire("wanted")).toBeUndefined();
    await expectCode(other.client.lock.acquire("wanted", { timeout: 200 }), "LOCK_TIMEOUT");
    const waiting = other.client.lock.acquire("wanted");
    await sleep(50);
    await held.release();
    await using next = await waiting;
    expect(next.token).toBeGreaterThan(held.token);
    expect(held.lost.aborted).toBe(false);
  },
);

test.concurrent(
  "a lock outlives its ttl while it is held, and is told as lost when its key is taken away",
  async () => {
    const held = await one.client.lock.acquire("kept", { ttl: 1_000 });
    await sleep(2_500); // etcd gives it two seconds
    expect(held.isHeld()).toBe(true);
    await server.call("kv/deleterange", { key: base64("lock/kept") });
    await lost(held, 1_000);
    await using next = await other.client.lock.acquire("kept", { timeout: 5_000 });
    expect(next.token).toBeGreaterThan(held.token);
  },
);

test.concurrent("a free lock is had over a line whose round trip takes longer than a second", async () => {
  await using proxy = await faultProxy({ target: server });
  await using slow = await etcd({ endpoints: proxy.url(server.url) }).connect();
  proxy.latency(550);
  await using held = await slow.client.lock.acquire("far away", { timeout: 8_000 });
  expect(held.isHeld()).toBe(true);
});

test("a lock whose server stands still is told as lost within its ttl", async () => {
  const held = await one.client.lock.acquire("frozen", { ttl: 1_500 });
  await server.freeze();
  const since = performance.now();
  await lost(held, 6_000);
  expect(performance.now() - since).toBeLessThan(1_500 + 500);
  await server.thaw();
});

test("the store takes again for the same owner, with the same token, and never for another", async () => {
  const store = etcdLockStore(one.client);
  const first = await store.take("again", "me", 1_000, never);
  const second = await store.take("again", "me", 1_000, never);
  expect(second.token).toBe(first.token);
  expect(first.token).toBeTypeOf("bigint");
  expect((await store.take("again", "you", 1_000, never)).token).toBeUndefined();
  expect(await store.renew("again", "you", 1_000, never)).toBe(false);
  await store.drop("again", "you", never);
  expect(await store.renew("again", "me", 1_000, never)).toBe(true);
  // Of another client the same owner is the same, too: its lease follows from its name.
  expect(await etcdLockStore(other.client).renew("again", "me", 1_000, never)).toBe(true);
  await store.drop("again", "me", never);
  expect(await store.renew("again", "me", 1_000, never)).toBe(false);
  expect((await store.take("again", "you", 1_000, never)).token).toBeGreaterThan(first.token ?? 0n);
  await store.drop("again", "you", never);
});

test("a grant in vain leaves no lease behind", async () => {
  const store = etcdLockStore(one.client);
  await store.take("race", "first", 5_000, never);
  await store.take("race", "second", 5_000, never);
  await store.drop("race", "first", never);
  await until("no lease is left", async () => {
    const { leases } = (await server.call("lease/leases")) as { leases?: unknown[] };
    return (leases ?? []).length === 0;
  });
});

test("a lock of one's own making stands on the same keys", async () => {
  await using lock = createLock(etcdLockStore(one.client), { ttl: 2_000 });
  await using held = await lock.acquire("shared name");
  expect(held.isHeld()).toBe(true);
  expect(await other.client.lock.tryAcquire("shared name")).toBeUndefined();
  expect(await other.client.namespace("elsewhere/").lock.tryAcquire("shared name")).toBeDefined();
});

test("a connector that ends lets go of its locks", async () => {
  const connector = await etcd({ endpoints: server.url }).connect();
  const held = await connector.client.lock.acquire("left", { ttl: 60_000 });
  await connector.disconnect();
  expect(held.lost.aborted).toBe(true);
  await using next = await one.client.lock.acquire("left", { timeout: 2_000 });
  expect(next.token).toBeGreaterThan(held.token);
});

async function lost(held: HeldLock, patience: number): Promise<void> {
  await until("the lock is told as lost", () => held.lost.aborted, patience);
  expect(held.lost.reason).toMatchObject({ code: "LOCK_LOST" });
  expect(held.isHeld()).toBe(false);
}
