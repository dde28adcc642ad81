import { describe, expect, it } from "vitest";
import { gate, hang } from "../support/fake-backend.js";
import { borrow, expectCountsToAddUp, hold, poolErrorOf, settle, testPool, watch } from "../support/pool.js";

describe("maxSize", () => {
  it("opens what is asked for and never more than the limit", async () => {
    const { pool, backend } = testPool({ maxSize: 3 });
    const waits = Array.from({ length: 20 }, () => watch(pool.acquire()));
    await settle();
    expect(backend.connects).toBe(3);
    expect(waits.filter((wait) => wait.state === "resolved")).toHaveLength(3);
    expect(pool.stats).toMatchObject({ size: 3, leased: 3, waiting: 17 });
  });

  it("opens nothing before somebody asks", async () => {
    const { backend, clock } = testPool();
    await clock.advance(60_000);
    expect(backend.connects).toBe(0);
  });

  it("counts resources that are being opened", async () => {
    const { pool, backend } = testPool({ maxSize: 2, maxConnecting: 10 }, { create: hang });
    for (let i = 0; i < 5; i++) watch(pool.acquire());
    await settle();
    expect(pool.stats).toMatchObject({ size: 2, connecting: 2 });
    expect(backend.connects).toBe(2);
  });

  it("counts resources until the backend has let go of them", async () => {
    const closed = gate();
    const { pool, backend } = testPool({ maxSize: 1 }, { close: () => closed.promise });
    (await pool.acquire()).destroy();
    const next = watch(pool.acquire());
    await settle();
    expect(pool.stats).toMatchObject({ size: 1, closing: 1, waiting: 1 });
    expect(backend.connects).toBe(1);
    closed.resolve();
    await settle();
    expect(next.state).toBe("resolved");
    expect(backend.most).toBe(1);
  });

  it("opens at most maxConnecting at once, two by default", async () => {
    const gates = Array.from({ length: 10 }, () => gate());
    const { pool, backend } = testPool({}, { create: (_context, attempt) => gates[attempt - 1]?.promise });
    for (let i = 0; i < 10; i++) watch(pool.acquire());
    await settle();
    expect(backend.connecting).toBe(2);
    gates[0]?.resolve();
    await settle();
    expect(backend.connects).toBe(3);
    expect(backend.connecting).toBe(2);
  });

  it("no longer counts a connect that takes longer than a second towards maxConnecting", async () => {
    const { pool, backend, clock } = testPool({ maxConnecting: 1 }, { create: hang });
    watch(pool.acquire());
    watch(pool.acquire());
    await clock.advance(900);
    expect(backend.connects).toBe(1);
    await clock.advance(200);
    expect(backend.connects).toBe(2);
  });

  it("opens another for a caller whose connect takes longer than a second", async () => {
    const { pool, backend, clock } = testPool({}, { create: (_, attempt) => (attempt === 1 ? hang() : undefined) });
    const wait = watch(pool.acquire());
    await clock.advance(900);
    expect(backend.connects).toBe(1);
    await clock.advance(200);
    expect(backend.connects).toBe(2);
    expect(wait.state).toBe("resolved");
  });
});

describe("maxIdle", () => {
  it("closes what comes back idle above it", async () => {
    const { pool, backend } = testPool({ maxSize: 10, maxIdle: 4 });
    const leases = await borrow(pool, 10);
    for (const lease of leases) lease.release();
    expect(pool.stats).toMatchObject({ idle: 4, size: 4, totals: { closedBy: { "max-idle": 6 } } });
    expect(backend.live).toBe(4);
  });

  it("is maxSize by default", async () => {
    const { pool } = testPool({ maxSize: 7 });
    for (const lease of await borrow(pool, 7)) lease.release();
    expect(pool.stats.idle).toBe(7);
  });

  it("hands on what comes back above it when somebody waits", async () => {
    const { pool, backend } = testPool({ maxSize: 1, maxIdle: 0 });
    const first = await pool.acquire();
    const next = pool.acquire();
    first.release();
    expect((await next).resource.id).toBe(1);
    expect(backend.idsOf("close")).toEqual([]);
    (await next).release();
    expect(backend.idsOf("close")).toEqual([1]);
  });

  it("closes what was opened for callers who have gone", async () => {
    const connects = gate();
    const { pool } = testPool({ maxSize: 10, maxIdle: 2, maxConnecting: 10 }, { create: () => connects.promise });
    const controller = new AbortController();
    for (let i = 0; i < 6; i++) watch(pool.acquire({ signal: controller.signal }));
    await settle();
    controller.abort();
    connects.resolve();
    await settle();
    expect(pool.stats).toMatchObject({ idle: 2, totals: { closedBy: { "max-idle": 4 } } });
  });
});

describe("minIdle", () => {
  it("keeps so many ready from the start", async () => {
    const { pool } = testPool({ minIdle: 3, maxConnecting: 1 });
    await settle();
    expect(pool.stats).toMatchObject({ idle: 3, size: 3 });
  });

  it("opens more within a second while those are lent, up to maxSize", async () => {
    const { pool, backend, clock } = testPool({ minIdle: 2, maxSize: 4 });
    await settle();
    const leases = await borrow(pool, 2);
    await clock.advance(1_000);
    expect(pool.stats).toMatchObject({ leased: 2, idle: 2 });
    leases.push(...(await borrow(pool, 2)));
    await clock.advance(1_000);
    expect(backend.connects).toBe(4);
    expect(pool.stats).toMatchObject({ leased: 4, idle: 0 });
    for (const lease of leases) lease.release();
  });

  it("replaces what was lost", async () => {
    const { pool, backend } = testPool({ minIdle: 2 });
    await settle();
    backend.opened[0]?.lost(new Error("reset by peer"));
    await settle();
    expect(pool.stats).toMatchObject({ idle: 2, totals: { closedBy: { lost: 1 } } });
    expect(backend.connects).toBe(3);
  });

  it("is 0 by default", async () => {
    const { pool, clock } = testPool();
    (await pool.acquire()).release();
    await clock.advance(11 * 60_000);
    expect(pool.stats.size).toBe(0);
  });
});

describe("resize", () => {
  it("serves those who wait when there is more room", async () => {
    const { pool } = testPool({ maxSize: 1 });
    await hold(pool);
    const waits = [watch(pool.acquire()), watch(pool.acquire())];
    pool.resize({ maxSize: 3 });
    await settle();
    expect(waits.map((wait) => wait.state)).toEqual(["resolved", "resolved"]);
    expect(pool.stats).toMatchObject({ maxSize: 3, size: 3 });
  });

  it("closes idle resources over the new limit now and leased ones on their return", async () => {
    const { pool } = testPool({ maxSize: 6 });
    const leases = await borrow(pool, 6);
    for (const lease of leases.slice(4)) lease.release();
    pool.resize({ maxSize: 2 });
    expect(pool.stats).toMatchObject({ idle: 0, leased: 4, size: 4 });
    leases[0]?.release();
    leases[1]?.release();
    expect(pool.stats).toMatchObject({ idle: 0, leased: 2, size: 2 });
    leases[2]?.release();
    leases[3]?.release();
    expect(pool.stats).toMatchObject({ idle: 2, size: 2, totals: { closedBy: { resized: 4 } } });
    expectCountsToAddUp(pool);
  });

  it("closes no more than are over the limit when closing takes its time", async () => {
    const { pool } = testPool({ maxSize: 10 }, { close: () => hang() });
    const leases = await borrow(pool, 10);
    pool.resize({ maxSize: 5 });
    for (const lease of leases) lease.release();
    expect(pool.stats).toMatchObject({ idle: 5, closing: 5 });
  });

  it("opens nothing above the new limit while those over it are still lent", async () => {
    const { pool, backend } = testPool({ maxSize: 3 });
    const leases = await borrow(pool, 3);
    pool.resize({ maxSize: 1 });
    const next = watch(pool.acquire());
    leases[0]?.release();
    leases[1]?.release();
    await settle();
    expect(next.state).toBe("pending");
    leases[2]?.release();
    await settle();
    expect(next.state).toBe("resolved");
    expect(backend.connects).toBe(3);
  });

  it("lets maxIdle follow maxSize until it is set apart", async () => {
    const { pool } = testPool({ maxSize: 2 });
    pool.resize({ maxSize: 5 });
    for (const lease of await borrow(pool, 5)) lease.release();
    expect(pool.stats.idle).toBe(5);
    pool.resize({ maxIdle: 1 });
    expect(pool.stats.idle).toBe(1);
    pool.resize({ maxSize: 8 });
    for (const lease of await borrow(pool, 8)) lease.release();
    expect(pool.stats.idle).toBe(1);
  });

  it("keeps a maxIdle that was set apart through a smaller maxSize", async () => {
    const { pool } = testPool({ maxSize: 20, maxIdle: 10 });
    const after = (limits: { maxSize?: number; maxIdle?: number }): number => {
      pool.resize(limits);
      return pool.stats.maxIdle;
    };
    expect([{ maxSize: 4 }, { maxSize: 10 }, { maxSize: 20 }].map(after)).toEqual([4, 10, 10]);
    expect([{ maxIdle: 6 }, { maxSize: 6 }, { maxSize: 8 }].map(after)).toEqual([6, 6, 6]);
    expect([{ maxIdle: 8 }, { maxSize: 12 }].map(after)).toEqual([8, 12]);
  });

  it("fills up to a higher minIdle", async () => {
    const { pool } = testPool();
    pool.resize({ minIdle: 3 });
    await settle();
    expect(pool.stats.idle).toBe(3);
  });

  it("closes connects under way that come out above the new limit", async () => {
    const connects = gate();
    const { pool } = testPool({ maxSize: 4, maxConnecting: 4 }, { create: () => connects.promise });
    for (let i = 0; i < 4; i++) watch(pool.acquire({ timeout: 50 }));
    await settle();
    pool.resize({ maxSize: 1 });
    connects.resolve();
    await settle();
    expect(pool.stats.size - pool.stats.leased).toBeLessThanOrEqual(1);
  });

  it("lends nothing that comes out of its connect above the new limit, though somebody waits", async () => {
    const connects = gate();
    const { pool } = testPool({ maxSize: 4, maxConnecting: 4 }, { create: () => connects.promise });
    const waits = Array.from({ length: 4 }, () => watch(pool.acquire()));
    await settle();
    pool.resize({ maxSize: 1 });
    connects.resolve();
    await settle();
    expect(waits.map((wait) => wait.state)).toEqual(["resolved", "pending", "pending", "pending"]);
    expect(pool.stats).toMatchObject({ size: 1, leased: 1, waiting: 3, totals: { closedBy: { resized: 3 } } });
  });

  it.each([
    [{ maxSize: 0 }, "maxSize must be a whole number from 1 to"],
    [{ maxSize: 2.5 }, "maxSize must be a whole number"],
    [{ minIdle: -1 }, "minIdle must be a whole number from 0 to"],
    [{ maxIdle: 11 }, "maxIdle (11) must be at most maxSize (10)"],
    [{ minIdle: 5, maxIdle: 4 }, "minIdle (5) must be at most maxIdle (4)"],
    [{ maxsize: 5 }, 'limits must be of maxSize, maxIdle, minIdle, got "maxsize"'],
    [{ maxSize: "5" }, 'maxSize must be a whole number from 1 to 1000000, got "5"'],
    [null, "limits must be an object, got null"],
    [5, "limits must be an object, got 5"],
  ])("refuses %o and changes nothing", (limits, message) => {
    const { pool } = testPool();
    expect(() => pool.resize(limits as never)).toThrow(message);
    expect(() => pool.resize(limits as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(pool.stats.maxSize).toBe(10);
  });
});

describe("warm", () => {
  it("resolves when so many are open", async () => {
    const connects = gate();
    const { pool, backend } = testPool({ maxConnecting: 5 }, { create: () => connects.promise });
    const warm = watch(pool.warm(4));
    await settle();
    expect([warm.state, backend.connecting]).toEqual(["pending", 4]);
    connects.resolve();
    await settle();
    expect(warm.state).toBe("resolved");
    expect(pool.stats.idle).toBe(4);
  });

  it("opens one without a number, or as many as minIdle asks for", async () => {
    const one = testPool();
    await one.pool.warm();
    expect(one.pool.stats.idle).toBe(1);
    const three = testPool({ minIdle: 3 });
    await three.pool.warm();
    expect(three.pool.stats.idle).toBe(3);
  });

  it("counts what is open already, lent or not", async () => {
    const { pool, backend } = testPool();
    await hold(pool);
    await pool.warm(2);
    expect(backend.connects).toBe(2);
    await pool.warm(2);
    expect(backend.connects).toBe(2);
  });

  it("fails fast with the first connect that fails", async () => {
    const refused = new Error("connection refused");
    const { pool } = testPool(
      {},
      {
        create: () => {
          throw refused;
        },
      },
    );
    const error = await poolErrorOf(pool.warm(3), "CONNECT_FAILED");
    expect(error.cause).toBe(refused);
    expect(error.message).toBe('pool "test": opening a fake resource failed: connection refused');
  });

  it("stops opening once it has failed", async () => {
    const { pool, backend, clock } = testPool({}, { create: () => Promise.reject(new Error("refused")) });
    await poolErrorOf(pool.warm(5), "CONNECT_FAILED");
    const before = backend.connects;
    await clock.advance(60_000);
    expect(backend.connects).toBe(before);
  });

  it("can be tried again after a failure", async () => {
    const { pool, clock } = testPool(
      {},
      { create: (_context, attempt) => (attempt === 1 ? Promise.reject(new Error("refused")) : undefined) },
    );
    await poolErrorOf(pool.warm(), "CONNECT_FAILED");
    const again = watch(pool.warm());
    await clock.advance(100);
    expect(again.state).toBe("resolved");
  });

  it("gives up with the signal's reason", async () => {
    const { pool } = testPool({}, { create: hang });
    const controller = new AbortController();
    const warm = watch(pool.warm(1, { signal: controller.signal }));
    const reason = new Error("not now");
    controller.abort(reason);
    await settle();
    expect(warm.error).toBe(reason);
    expect(watch(pool.warm(1, { signal: controller.signal })).state).toBe("pending");
  });

  it("opens nothing for a signal that has been aborted already", async () => {
    const { pool, backend } = testPool();
    const warm = watch(pool.warm(1, { signal: AbortSignal.abort(new Error("no")) }));
    await settle();
    expect(warm.state).toBe("rejected");
    expect(backend.connects).toBe(0);
  });

  it("fails when the pool closes on the way, and on a closed pool", async () => {
    const { pool, clock } = testPool({}, { create: hang });
    const warm = watch(pool.warm());
    const closing = pool.close();
    await clock.advance(2_000);
    await closing;
    expect(warm.error).toMatchObject({ code: "POOL_CLOSED" });
    await poolErrorOf(pool.warm(), "POOL_CLOSED");
  });

  it("settles when the limit shrinks below what it was asked for", async () => {
    const gates = Array.from({ length: 4 }, () => gate());
    const { pool } = testPool(
      { maxSize: 4, maxConnecting: 1 },
      { create: (_context, attempt) => gates[attempt - 1]?.promise },
    );
    const warm = watch(pool.warm(4));
    gates[0]?.resolve();
    await settle();
    pool.resize({ maxSize: 2 });
    for (const { resolve } of gates) resolve();
    await settle();
    expect(pool.stats.size).toBe(2);
    expect(warm.state).not.toBe("pending");
  });

  it("fails when what it opens dies at once, again and again", async () => {
    const { pool, clock } = testPool({}, { create: (context) => context.lost(new Error("greeted and hung up")) });
    const warm = watch(pool.warm());
    await clock.advance(5_000);
    expect(warm.state).toBe("rejected");
  });

  it("refuses what is no signal", async () => {
    const { pool, backend } = testPool();
    const error = await poolErrorOf(pool.warm(1, { signal: 5 } as never), "INVALID_ARGUMENT");
    expect(error.message).toBe('pool "test": signal must be an AbortSignal, got 5');
    expect(backend.connects).toBe(0);
  });

  it.each([0, -1, 1.5, 11, NaN])("refuses %d", async (count) => {
    const { pool } = testPool();
    const error = await poolErrorOf(pool.warm(count), "INVALID_ARGUMENT");
    expect(error.message).toBe(`pool "test": warm takes a whole number from 1 to maxSize (10), got ${String(count)}`);
  });
});
