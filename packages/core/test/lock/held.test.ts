import { describe, expect, it } from "vitest";
import { createLock, memoryLockStore, onEvent, PoolError } from "../../src/index.js";
import { FakeLockStore } from "../support/fake-lock-store.js";
import { twoLocks, watch } from "../support/locks.js";
import { ManualClock, settle } from "../support/manual-clock.js";

const TTL = 3_000;
const SILENT = { lost: "request" } as const;

describe("a lock that is held", () => {
  it("is renewed every third of its ttl, for as long as it takes", async () => {
    const { clock, lock, other, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    await clock.advance(60_000);
    expect(held.isHeld()).toBe(true);
    expect(held.lost.aborted).toBe(false);
    expect(store.count("renew")).toBe(60);
    expect(await other.tryAcquire("a")).toBeUndefined();
    await held.release();
    await clock.advance(60_000);
    expect(store.count("renew")).toBe(60);
    expect(clock.pending).toBe(0);
  });

  it("is renewed by its ttl from when the request was sent, not from the answer", async () => {
    const { clock, lock, store } = twoLocks();
    store.way = () => ({ there: 100, back: 800 });
    const taking = watch(lock.acquire("a", { ttl: TTL }));
    await clock.advance(900);
    store.way = () => SILENT;
    expect(taking.value?.isHeld()).toBe(true);
    clock.jump(TTL - 900 - 33); // the margin is 1 % and 2 ms
    expect(taking.value?.isHeld()).toBe(true);
    clock.jump(1);
    expect(taking.value?.isHeld()).toBe(false);
  });

  it("is not taken when the answer took longer than it is good for; the same owner asks again", async () => {
    const { clock, lock, store } = twoLocks();
    let first = true;
    store.way = (call) => {
      if (call !== "take" || !first) return {};
      first = false;
      return { back: TTL - 10 };
    };
    const taking = watch(lock.acquire("a", { ttl: TTL }));
    await clock.advance(TTL - 10);
    expect(taking.value?.token).toBe(1n);
    expect(taking.value?.isHeld()).toBe(true);
    expect(store.count("take")).toBe(2);
  });

  it("outlives failures of the backend that are shorter than its ttl", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    for (let outage = 0; outage < 10; outage++) {
      store.way = () => ({ ...SILENT, rejectsAfter: 20 });
      await clock.advance(TTL / 3 + 500);
      store.way = () => ({});
      await clock.advance(TTL / 3);
    }
    expect(held.isHeld()).toBe(true);
  });

  it("outlives one renewal that is never answered", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    store.way = () => SILENT;
    await clock.advance(TTL / 3);
    store.way = () => ({});
    await clock.advance(TTL);
    expect(held.isHeld()).toBe(true);
  });

  it("is kept by answers that come late but in time", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    store.way = () => ({ there: 10, back: TTL / 3 + 200 });
    await clock.advance(10 * TTL);
    expect(held.isHeld()).toBe(true);
  });
});

describe("a lost lock", () => {
  it("is told within its ttl when the backend falls silent", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL, label: "report" });
    const { lost } = held;
    store.way = () => SILENT;
    await clock.advance(TTL - 33);
    expect(lost.aborted).toBe(false);
    await clock.advance(1);
    expect(lost.aborted).toBe(true);
    expect(held.isHeld()).toBe(false);
    expect(lost.reason).toMatchObject({
      code: "LOCK_LOST",
      message: 'lock "a" of "report" is lost after 2968 ms: it was not renewed in time',
      details: { kind: "fake", key: "a", label: "report", heldMs: 2_968, token: "1" },
    });
  });

  it("names what the backend failed with", async () => {
    const { clock, lock, store } = twoLocks();
    const { lost } = await lock.acquire("a", { ttl: TTL });
    store.way = () => ({ ...SILENT, rejectsAfter: 5 });
    await clock.advance(TTL);
    expect(lost.reason).toMatchObject({ code: "LOCK_LOST", cause: { message: "the line is cut" } });
    expect(String(lost.reason)).toContain("it was not renewed in time (the line is cut)");
  });

  it("is told within its ttl when its key is deleted or taken", async () => {
    const { clock, lock, other, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    const { lost } = held;
    await store.steal("a");
    const theirs = await other.acquire("a");
    await clock.advance(TTL / 3);
    expect(lost.aborted).toBe(true);
    expect(String(lost.reason)).toContain("the backend has it for somebody else, or for nobody");
    expect(theirs.token).toBe(2n);
    await clock.advance(TTL);
    expect(theirs.isHeld()).toBe(true);
  });

  it("is known in the same turn after a pause, before any timer has fired, by isHeld and by lost", async () => {
    const { clock, lock } = twoLocks();
    const [one, two] = [await lock.acquire("a", { ttl: TTL }), await lock.acquire("b", { ttl: TTL })];
    const heard: unknown[] = [];
    one.lost.addEventListener("abort", () => heard.push("one"));
    clock.jump(TTL);
    expect(one.isHeld()).toBe(false);
    expect(heard).toEqual(["one"]);
    expect(two.lost.aborted).toBe(true);
  });

  it("is known by the date where the monotonic clock stood still", async () => {
    const clock = new ManualClock();
    let date = Date.UTC(2026, 0, 1);
    const lock = createLock(memoryLockStore(clock), { clock, date: () => date });
    const held = await lock.acquire("a", { ttl: TTL });
    date -= 3_600_000; // set back
    expect(held.isHeld()).toBe(true);
    date += 3_600_000 + TTL; // suspended
    expect(held.isHeld()).toBe(false);
    expect(held.lost.aborted).toBe(true);
  });

  it("is dropped at the backend too, so that others need not wait for its ttl", async () => {
    const { clock, lock, other } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    const waiting = watch(other.acquire("a"));
    clock.jump(TTL - 32);
    expect(held.isHeld()).toBe(false);
    await settle();
    await clock.advance(20);
    expect(waiting.value?.token).toBe(2n);
  });

  it("stays lost when the backend grants a renewal too late", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    store.way = (call) => (call === "renew" ? { there: 10, back: TTL } : {});
    await clock.advance(TTL);
    expect(held.isHeld()).toBe(false);
    await clock.advance(10 * TTL);
    expect(held.isHeld()).toBe(false);
    expect(store.count("drop")).toBe(1);
  });

  it("lets the next in line ask", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    const waiting = watch(lock.acquire("a"));
    store.way = (call) => (call === "renew" ? SILENT : {});
    await clock.advance(TTL + 20);
    expect(held.isHeld()).toBe(false);
    expect(waiting.value?.token).toBe(2n);
  });
});

describe("release", () => {
  it("is idempotent, and by then the key is free", async () => {
    const { lock, other, store } = twoLocks();
    const held = await lock.acquire("a");
    await Promise.all([held.release(), held.release()]);
    await held.release();
    expect(store.count("drop")).toBe(1);
    expect(await other.tryAcquire("a")).toBeDefined();
  });

  it("never deletes what is somebody else's", async () => {
    const { lock, other, store } = twoLocks();
    const held = await lock.acquire("a");
    await store.steal("a");
    const theirs = await other.acquire("a");
    await held.release();
    expect(await lock.tryAcquire("a")).toBeUndefined();
    expect(theirs.isHeld()).toBe(true);
  });

  it("never rejects, is bounded, and goes on in the background until the backend has confirmed", async () => {
    const { clock, lock, other, store } = twoLocks();
    const held = await lock.acquire("a");
    store.way = () => SILENT;
    const released = watch(held.release());
    expect(held.isHeld()).toBe(false);
    await clock.advance(999);
    expect(released.settled).toBe(false);
    await clock.advance(1);
    expect(released.settled).toBe(true);
    expect(released.error).toBeUndefined();
    await clock.advance(3_000);
    expect(await other.tryAcquire("a")).toBeUndefined();
    store.way = () => ({});
    await clock.advance(2_000);
    expect(await other.tryAcquire("a")).toBeDefined();
  });

  it("gives up in the background when the backend must have forgotten the key", async () => {
    const { clock, lock, store } = twoLocks();
    const held = await lock.acquire("a", { ttl: TTL });
    store.way = () => ({ ...SILENT, rejectsAfter: 1 });
    void held.release();
    await clock.advance(2 * TTL);
    const asked = store.count("drop");
    expect(asked).toBeGreaterThan(3);
    await clock.advance(10 * TTL);
    expect(store.count("drop")).toBe(asked);
    expect(clock.pending).toBe(0);
  });

  it("comes with the end of a block, awaited or not", async () => {
    const { lock, other, store } = twoLocks();
    {
      await using held = await lock.acquire("a");
      expect(held.isHeld()).toBe(true);
    }
    expect(await other.tryAcquire("a")).toBeDefined();
    {
      using held = await lock.acquire("b");
      expect(held.isHeld()).toBe(true);
    }
    expect(store.count("drop")).toBe(2);
  });
});

describe("what may have been taken", () => {
  it("is asked for again by the same owner when the reply was lost, with the same token", async () => {
    const { clock, lock, store } = twoLocks();
    store.way = () => ({ lost: "reply", rejectsAfter: 50 });
    const waiting = watch(lock.acquire("a"));
    await clock.advance(55);
    store.way = () => ({});
    await clock.advance(100);
    expect(waiting.value?.token).toBe(1n);
    expect(waiting.value?.isHeld()).toBe(true);
  });

  it("is dropped when the caller gives up while the take is in flight", async () => {
    const { clock, lock, other, store } = twoLocks();
    store.way = (call) => (call === "take" ? { there: 100, back: 100 } : {});
    const controller = new AbortController();
    const waiting = watch(lock.acquire("a", { signal: controller.signal, ttl: 60_000 }));
    await clock.advance(50);
    controller.abort("enough");
    await settle();
    expect(waiting.error).toBe("enough");
    await clock.advance(100); // it arrives now, after the first drop
    expect(await other.tryAcquire("a")).toBeUndefined();
    await clock.advance(1_000);
    expect((await other.tryAcquire("a"))?.token).toBe(2n);
    await clock.advance(120_000);
  });

  it("is dropped when the wait times out while the take is in flight", async () => {
    const { clock, lock, other, store } = twoLocks();
    store.way = (call) => (call === "take" ? { lost: "reply" } : {});
    const waiting = watch(lock.acquire("a", { timeout: 1_000, ttl: 60_000 }));
    await clock.advance(1_000);
    expect(waiting.error).toMatchObject({ code: "LOCK_TIMEOUT" });
    await settle();
    expect((await other.tryAcquire("a"))?.token).toBe(2n);
  });

  it("holds up the next in line only until it is gone", async () => {
    const { clock, lock, store } = twoLocks();
    store.way = (call) => (call === "take" ? { lost: "reply" } : {});
    const controller = new AbortController();
    const first = watch(lock.acquire("a", { signal: controller.signal }));
    const second = watch(lock.acquire("a"));
    await clock.advance(10);
    store.way = () => ({});
    controller.abort("enough");
    await clock.advance(1);
    expect(first.error).toBe("enough");
    expect(second.value?.token).toBe(2n);
  });
});

describe("a backend that fails", () => {
  it("is asked again for 2 s, then the wait rejects with its error", async () => {
    const { clock, lock, store } = twoLocks();
    store.way = () => ({ ...SILENT, rejectsAfter: 1 });
    const waiting = watch(lock.acquire("a"));
    await clock.advance(1_900);
    expect(waiting.settled).toBe(false);
    await clock.advance(500);
    expect(String(waiting.error)).toBe("Error: the line is cut");
    expect(store.count("take")).toBeLessThan(20);
  });

  it("ends the wait at once when it will not pass", async () => {
    const { clock, lock, store } = twoLocks();
    const refusal = new PoolError("NOT_CONNECTED", "closed");
    store.way = () => {
      throw refusal;
    };
    const waiting = watch(lock.acquire("a"));
    await clock.advance(1);
    expect(waiting.error).toBe(refusal);
    expect(store.count("take")).toBe(1);
  });

  it("is forgiven when it answers in between", async () => {
    const { clock, lock, other, store } = twoLocks();
    const theirs = await other.acquire("a");
    const waiting = watch(lock.acquire("a"));
    for (let outage = 0; outage < 5; outage++) {
      store.way = () => ({ ...SILENT, rejectsAfter: 1 });
      await clock.advance(1_000);
      store.way = () => ({});
      await clock.advance(1_000);
    }
    expect(waiting.settled).toBe(false);
    await theirs.release();
    await clock.advance(1_000);
    expect(waiting.value?.isHeld()).toBe(true);
  });
});

describe("close", () => {
  it("tells the holders, rejects who waits, lets go of everything, and takes no more calls", async () => {
    const { clock, lock, other } = twoLocks();
    const held = await lock.acquire("a");
    const { lost } = held;
    const theirs = await other.acquire("b");
    const [inLine, asking] = [watch(lock.acquire("a")), watch(lock.acquire("b"))];
    await settle();
    await lock.close();
    expect([inLine.error, asking.error]).toMatchObject([{ code: "NOT_CONNECTED" }, { code: "NOT_CONNECTED" }]);
    expect(lost.reason).toMatchObject({ code: "LOCK_LOST" });
    expect(held.isHeld()).toBe(false);
    expect(lock.held()).toEqual([]);
    expect(await other.tryAcquire("a")).toBeDefined();
    await expect(lock.acquire("c")).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    await expect(lock.tryAcquire("c")).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    await theirs.release();
    await other.close();
    expect(clock.pending).toBe(0);
  });

  it("lets go of what a take in flight may still get", async () => {
    const { clock, lock, other, store } = twoLocks();
    store.way = (call) => (call === "take" ? { there: 5, back: 100 } : {});
    const waiting = watch(lock.acquire("a"));
    await clock.advance(10);
    const closed = watch(lock.close());
    await clock.advance(100);
    expect(closed.settled).toBe(true);
    expect(waiting.error).toMatchObject({ code: "NOT_CONNECTED" });
    expect(await other.tryAcquire("a")).toBeDefined();
  });

  it("is bounded when the backend is silent", async () => {
    const { clock, lock, store } = twoLocks();
    await lock.acquire("a");
    store.way = () => SILENT;
    const closed = watch(lock.close({ timeout: 300 }));
    await clock.advance(299);
    expect(closed.settled).toBe(false);
    await clock.advance(1);
    expect(closed.settled).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe("events", () => {
  it("tell of acquire, release and loss, with key, label and token", async () => {
    const { clock, lock, store } = twoLocks();
    const told: object[] = [];
    using _acquire = onEvent("lock:acquire", (event) => told.push({ acquired: { ...event } }));
    using _release = onEvent("lock:release", (event) => told.push({ released: event }));
    using _lost = onEvent("lock:lost", ({ cause: _, ...event }) => told.push({ lost: event }));
    const first = await lock.acquire("a", { label: "x" });
    await clock.advance(100);
    await first.release();
    await lock.acquire("a", { ttl: TTL });
    store.way = () => SILENT;
    await clock.advance(TTL);
    expect(told).toEqual([
      { acquired: { kind: "fake", key: "a", label: "x", token: 1n } },
      { released: { kind: "fake", key: "a", label: "x", heldMs: 100 } },
      { acquired: { kind: "fake", key: "a", label: undefined, token: 2n } },
      { lost: { kind: "fake", key: "a", label: undefined, heldMs: 2_968 } },
    ]);
  });

  it("tell of an acquire that failed, with its error", async () => {
    const { clock, lock, other } = twoLocks();
    await other.acquire("a");
    const errors: unknown[] = [];
    using _ = onEvent("lock:acquire", ({ error }) => errors.push(error));
    const waiting = watch(lock.acquire("a", { timeout: 100 }));
    await clock.advance(100);
    expect(errors).toEqual([waiting.error]);
  });
});

describe("bad input", () => {
  it.each([
    ["acquire", ["", {}], "key"],
    ["acquire", [7, {}], "key"],
    ["acquire", ["a", null], "options"],
    ["acquire", ["a", { ttl: 10 }], "ttl"],
    ["acquire", ["a", { ttl: Infinity }], "ttl"],
    ["acquire", ["a", { ttl: "10s" }], "ttl"],
    ["acquire", ["a", { timeout: -1 }], "timeout"],
    ["acquire", ["a", { signal: {} }], "signal"],
    ["acquire", ["a", { label: 1 }], "label"],
    ["acquire", ["a", { ttll: 1_000 }], "ttll"],
    ["tryAcquire", ["a", { timeout: 1 }], "timeout"],
    ["tryAcquire", [undefined], "key"],
    ["use", ["a", "work"], "work"],
  ] as const)("%s(%j) is refused", async (method, input, name) => {
    const { lock } = twoLocks();
    const call = lock[method] as (...input: unknown[]) => Promise<unknown>;
    await expect(Reflect.apply(call, lock, input)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      details: { name },
    });
  });

  it.each([{ ttl: 1 }, { ttl: "never" }, { timeout: -1 }, { releaseTimeout: 0 }, { clock: {} }, { tt: 1 }, null, 7])(
    "createLock(store, %j) is refused",
    (options) => {
      const store = new FakeLockStore(new ManualClock());
      expect(() => createLock(store, options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTIONS" }) as Error,
      );
    },
  );

  it("a store without its methods is refused", () => {
    for (const store of [undefined, null, {}, { kind: "x", take: () => undefined, renew: 1, drop: 2 }])
      expect(() => createLock(store as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error);
  });
});
