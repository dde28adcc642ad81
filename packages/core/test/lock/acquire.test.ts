import { describe, expect, it } from "vitest";
import { isPoolError } from "../../src/errors.js";
import { createLock, createMemoryLock, memoryLockStore, type HeldLock, type ManagedLock } from "../../src/index.js";
import { FakeLockStore } from "../support/fake-lock-store.js";
import { twoLocks, watch } from "../support/locks.js";
import { ManualClock, settle } from "../support/manual-clock.js";

describe("acquire", () => {
  it("takes a free key at once, in one call", async () => {
    const { lock, store } = twoLocks();
    const held = await lock.acquire("a");
    expect(held.isHeld()).toBe(true);
    expect(held.key).toBe("a");
    expect(held.token).toBe(1n);
    expect(held.lost.aborted).toBe(false);
    expect(lock.held()).toEqual([held]);
    expect(store.calls).toEqual(["take a"]);
    await held.release();
    expect(store.calls).toEqual(["take a", "drop a"]);
    expect(held.isHeld()).toBe(false);
    expect(held.lost.aborted).toBe(false);
    expect(lock.held()).toEqual([]);
  });

  it("gives tokens that grow, over both processes", async () => {
    const { lock, other } = twoLocks();
    const tokens: bigint[] = [];
    for (const from of [lock, other, lock, lock, other]) tokens.push(await from.use("a", (held) => held.token));
    expect(tokens).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  it("waits for another process's lock, and asks with growing pauses where nothing tells", async () => {
    const { clock, lock, other, store } = twoLocks();
    const theirs = await other.acquire("a");
    const waiting = watch(lock.acquire("a"));
    await clock.advance(5_000);
    expect(waiting.settled).toBe(false);
    expect(store.count("take")).toBeGreaterThan(10);
    expect(store.count("take")).toBeLessThan(40);
    await theirs.release();
    await clock.advance(250);
    expect(waiting.value?.isHeld()).toBe(true);
    await waiting.value?.release();
  });

  it("asks again when the store tells, and otherwise once a second", async () => {
    const { clock, lock, other, store } = twoLocks(true);
    const theirs = await other.acquire("a");
    const waiting = watch(lock.acquire("a"));
    await clock.advance(3_100);
    expect(store.count("take")).toBeGreaterThanOrEqual(4);
    expect(store.count("take")).toBeLessThanOrEqual(6);
    await theirs.release();
    await settle();
    expect(waiting.value?.isHeld()).toBe(true);
    await waiting.value?.release();
  });

  it("does not spin on a store that always says free", async () => {
    const clock = new ManualClock();
    const backend = memoryLockStore(clock);
    const store = new FakeLockStore(clock, { ...bound(backend), untilFree: async () => undefined }, true);
    await backend.take("a", "somebody", 60_000, new AbortController().signal);
    const waiting = watch(createLock(store, { clock }).acquire("a", { timeout: 100 }));
    await clock.advance(100);
    expect(isPoolError(waiting.error, "LOCK_TIMEOUT")).toBe(true);
    expect(store.count("take")).toBeLessThanOrEqual(51);
  });

  it("takes what a dead holder has left as soon as the backend forgets it", async () => {
    const { clock, lock, other, otherStore } = twoLocks();
    await other.acquire("a", { ttl: 1_000 });
    otherStore.way = () => ({ lost: "request" });
    const waiting = watch(lock.acquire("a"));
    await clock.advance(1_000);
    expect(waiting.settled).toBe(false);
    await clock.advance(10);
    expect(waiting.value?.token).toBe(2n);
  });

  it("times out with who has it, and leaves no timer", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { label: "first" });
    await clock.advance(500);
    const waiting = watch(lock.acquire("a", { timeout: 2_000, label: "second" }));
    await clock.advance(1_999);
    expect(waiting.settled).toBe(false);
    await clock.advance(1);
    expect(waiting.error).toMatchObject({
      code: "LOCK_TIMEOUT",
      message: 'lock "a" could not be had for "second" within 2000 ms: it is held here by "first" for 2500 ms',
      details: { kind: "fake", key: "a", label: "second", waitedMs: 2_000, holder: { label: "first", heldMs: 2_500 } },
    });
    expect(store.count("take")).toBe(1);
    await held.release();
    await settle();
    expect(clock.pending).toBe(0);
  });

  it("says that somebody else has it, and that the backend did not answer", async () => {
    const { clock, lock, other, store } = twoLocks();
    await other.acquire("a");
    const elsewhere = watch(lock.acquire("a", { timeout: 500 }));
    await clock.advance(500);
    expect(String(elsewhere.error)).toBe('PoolError: lock "a" could not be had within 500 ms: somebody else has it');
    store.way = () => ({ lost: "request" });
    const silent = watch(lock.acquire("b", { timeout: 500 }));
    await clock.advance(500);
    expect(String(silent.error)).toBe('PoolError: lock "b" could not be had within 500 ms: the backend did not answer');
  });

  it("asks once with timeout 0", async () => {
    const { lock, other, store } = twoLocks();
    const theirs = await other.acquire("a");
    await expect(lock.acquire("a", { timeout: 0 })).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
    expect(store.count("take")).toBe(1);
    await theirs.release();
    const held = await lock.acquire("a", { timeout: 0 });
    expect(held.isHeld()).toBe(true);
  });

  it("rejects with the signal's reason at once, in line and while it asks", async () => {
    const { clock, lock, other } = twoLocks();
    const theirs = await other.acquire("a");
    const [asks, queues] = [new AbortController(), new AbortController()];
    const asking = watch(lock.acquire("a", { signal: asks.signal }));
    const queueing = watch(lock.acquire("a", { signal: queues.signal }));
    await clock.advance(100);
    queues.abort("enough");
    asks.abort("too long");
    await settle();
    expect([asking.error, queueing.error]).toEqual(["too long", "enough"]);
    await theirs.release();
    const held = await lock.acquire("a");
    expect(held.token).toBe(2n);
    await expect(lock.acquire("a", { signal: asks.signal })).rejects.toBe("too long");
  });
});

describe("who waits in one process", () => {
  it("is served in the order of the calls, and only one of them asks", async () => {
    const { clock, lock, other, store } = twoLocks();
    const theirs = await other.acquire("a");
    const served: number[] = [];
    const all = Array.from({ length: 100 }, (_, i) => lock.use("a", () => served.push(i)));
    await clock.advance(1_000);
    expect(store.count("take")).toBeLessThan(15);
    await theirs.release();
    await clock.advance(1_000);
    await Promise.all(all);
    expect(served).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(store.count("take")).toBeLessThan(115);
  });

  it("does not ask while one of them holds the key", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a");
    const waiting = watch(lock.acquire("a"));
    expect(await lock.tryAcquire("a")).toBeUndefined();
    await clock.advance(20_000);
    expect(store.count("take")).toBe(1);
    await held.release();
    await settle();
    expect(waiting.value?.token).toBe(2n);
  });

  it("waits for each key by itself", async () => {
    const { lock } = twoLocks();
    const a = await lock.acquire("a");
    const b = await lock.acquire("b");
    expect([a.isHeld(), b.isHeld()]).toEqual([true, true]);
  });

  it("leaves others a chance after eight in a row", async () => {
    const { clock, lock, other } = twoLocks(true);
    const order: string[] = [];
    const hold = async (name: string, from: ManagedLock): Promise<void> => {
      await from.use("a", async (): Promise<void> => {
        order.push(name);
        const { promise, resolve } = Promise.withResolvers<undefined>();
        clock.setTimeout(() => resolve(undefined), 5);
        await promise;
      });
    };
    const ours = Array.from({ length: 40 }, () => hold("ours", lock));
    await clock.advance(1);
    const theirs = hold("theirs", other);
    await clock.advance(2_000);
    await Promise.all([...ours, theirs]);
    expect(order.indexOf("theirs")).toBeLessThanOrEqual(9);
  });
});

describe("tryAcquire", () => {
  it("gives the lock, or undefined when somebody has it", async () => {
    const { lock, other } = twoLocks();
    const held = await lock.tryAcquire("a");
    expect(held?.isHeld()).toBe(true);
    expect(await other.tryAcquire("a")).toBeUndefined();
    expect(await lock.tryAcquire("a")).toBeUndefined();
    await held?.release();
    expect((await other.tryAcquire("a"))?.token).toBe(2n);
  });

  it("rejects with the backend's error, and drops what it may have taken", async () => {
    const { clock, lock, other, store } = twoLocks();
    store.way = (call) => (call === "take" ? { lost: "reply", rejectsAfter: 100 } : {});
    const tried = watch(lock.tryAcquire("a"));
    await clock.advance(100);
    expect(String(tried.error)).toBe("Error: the line is cut");
    expect((await other.tryAcquire("a"))?.token).toBe(2n);
  });
});

describe("use", () => {
  it("hands the lock to the work, resolves with its result, and has let go by then", async () => {
    const { lock, other } = twoLocks();
    expect(await lock.use("a", (held) => held.isHeld())).toBe(true);
    expect(await other.tryAcquire("a")).toBeDefined();
  });

  it("rejects with the work's error, and lets go", async () => {
    const { lock, other } = twoLocks();
    const failing = lock.use("a", () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await other.tryAcquire("a")).toBeDefined();
  });

  it("rejects with LOCK_LOST when the lock went before the work had ended", async () => {
    const { clock, lock, store } = twoLocks();
    const work = Promise.withResolvers<string>();
    let seen: HeldLock | undefined;
    const used = watch(
      lock.use("a", (held) => {
        seen = held;
        return work.promise;
      }),
    );
    await settle();
    store.way = () => ({ lost: "request" });
    await clock.advance(10_000);
    expect(seen?.lost.aborted).toBe(true);
    work.resolve("done");
    await clock.advance(2_000);
    expect(isPoolError(used.error, "LOCK_LOST")).toBe(true);
  });

  it("tells what the work failed with when the lock went", async () => {
    const { clock, lock, store } = twoLocks();
    const work = Promise.withResolvers<string>();
    const used = watch(lock.use("a", () => work.promise));
    await settle();
    store.way = () => ({ lost: "request" });
    await clock.advance(10_000);
    const failure = new Error("refused: old token");
    work.reject(failure);
    await clock.advance(2_000);
    expect(used.error).toMatchObject({ code: "LOCK_LOST", cause: failure });
  });
});

describe("createMemoryLock", () => {
  it("excludes within the process, and forgets who is not renewed", async () => {
    const lock = createMemoryLock();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        lock.use("a", async () => {
          most = Math.max(most, ++inside);
          await settle();
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    await lock.close();
  });
});

function bound(store: ReturnType<typeof memoryLockStore>) {
  return {
    kind: store.kind,
    take: store.take.bind(store),
    renew: store.renew.bind(store),
    drop: store.drop.bind(store),
  };
}
