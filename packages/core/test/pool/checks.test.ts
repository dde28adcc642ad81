import { describe, expect, it } from "vitest";
import { gate, hang, hangUntilAborted } from "../support/fake-backend.js";
import { borrow, expectCountsToAddUp, settle, testPool, watch } from "../support/pool.js";

describe("validation", () => {
  it("is skipped for what was used or checked within a second, and done after that", async () => {
    const { pool, clock, backend } = testPool({}, { validate: () => undefined });
    (await pool.acquire()).release();
    await clock.advance(900);
    (await pool.acquire()).release();
    expect(backend.idsOf("validate")).toEqual([]);
    await clock.advance(1_100);
    (await pool.acquire()).release();
    expect(backend.idsOf("validate")).toEqual([1]);
    (await pool.acquire()).release();
    expect(backend.idsOf("validate")).toEqual([1]);
  });

  it("with validateIfIdleFor 0 is done before every loan but the first", async () => {
    const { pool, backend } = testPool({ validateIfIdleFor: 0 }, { validate: () => undefined });
    for (let i = 0; i < 4; i++) (await pool.acquire()).release();
    expect(backend.idsOf("validate")).toEqual([1, 1, 1]);
  });

  it("with validateIfIdleFor 0 is done for those who waited, too", async () => {
    const { pool, backend } = testPool({ validateIfIdleFor: 0, maxSize: 1 }, { validate: () => undefined });
    const first = await pool.acquire();
    const wait = pool.acquire();
    first.release();
    (await wait).release();
    expect(backend.idsOf("validate")).toEqual([1]);
  });

  it("with validateIfIdleFor never is not done before a loan", async () => {
    const { pool, clock, backend } = testPool(
      { validateIfIdleFor: "never", keepAliveInterval: "never" },
      { validate: hang },
    );
    (await pool.acquire()).release();
    await clock.advance(60_000);
    expect((await pool.acquire()).resource.id).toBe(1);
    expect(backend.idsOf("validate")).toEqual([]);
  });

  it("replaces what fails it, and the caller notices nothing", async () => {
    const { pool, clock, backend } = testPool(
      {},
      {
        validate: (resource) => {
          if (resource.id === 1) throw new Error("dead");
        },
      },
    );
    (await pool.acquire()).release();
    await clock.advance(2_000);
    expect((await pool.acquire()).resource.id).toBe(2);
    expect(backend.idsOf("close")).toEqual([1]);
    expect(backend.opened[0]?.graceful).toBe(false);
    expect(pool.stats.totals.closedBy["validate-failed"]).toBe(1);
  });

  it("is bounded by validateTimeout, one second by default, and its signal is aborted then", async () => {
    const signals: AbortSignal[] = [];
    const { pool, clock } = testPool(
      { keepAliveInterval: "never" },
      {
        validate: (_resource, signal) => {
          signals.push(signal);
          return hang();
        },
      },
    );
    (await pool.acquire()).release();
    await clock.advance(2_000);
    const wait = watch(pool.acquire());
    await clock.advance(999);
    expect(wait.state).toBe("pending");
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(2);
    expect(wait.value?.resource.id).toBe(2);
    expect(signals[0]?.aborted).toBe(true);
  });

  it("takes no more than a quarter of a short acquireTimeout", async () => {
    const { pool, clock } = testPool({ acquireTimeout: 1_000, keepAliveInterval: "never" }, { validate: hang });
    (await pool.acquire()).release();
    await clock.advance(2_000);
    const wait = watch(pool.acquire());
    await clock.advance(251);
    expect(wait.value?.resource.id).toBe(2);
  });

  it("has an acquire succeed soon after the first of several half-open resources was found dead", async () => {
    const { pool, clock } = testPool(
      { maxSize: 8, acquireTimeout: 1_000, keepAliveInterval: "never" },
      { validate: (_resource, signal) => hangUntilAborted(signal) },
    );
    for (const lease of await borrow(pool, 8)) lease.release();
    await clock.advance(2_000);
    const wait = watch(pool.acquire());
    await clock.advance(300); // the first validation ends after 250
    expect(wait.state).toBe("resolved");
    expect(wait.value?.resource.id).toBeGreaterThan(8);
  });

  it("has acquires succeed soon when the close of what was found dead hangs as well", async () => {
    const { pool, clock } = testPool(
      { maxSize: 4, acquireTimeout: 1_000, keepAliveInterval: "never" },
      { validate: (_resource, signal) => hangUntilAborted(signal), close: hang },
    );
    for (const lease of await borrow(pool, 2)) lease.release();
    await clock.advance(2_000);
    const wait = watch(pool.acquire());
    await clock.advance(300);
    expect(wait.state).toBe("resolved");
  });

  it("validates as many idle ones as there are callers, and lends each to whoever is first", async () => {
    const checks = [gate(), gate()];
    let next = 0;
    const { pool, clock, backend } = testPool({ maxSize: 4 }, { validate: () => checks[next++]?.promise });
    for (const lease of await borrow(pool, 4)) lease.release();
    await clock.advance(2_000);
    const first = watch(pool.acquire());
    const second = watch(pool.acquire());
    await settle();
    expect(pool.stats.validating).toBe(2);
    checks[1]?.resolve();
    await settle();
    expect([first.state, second.state]).toEqual(["resolved", "pending"]);
    checks[0]?.resolve();
    await settle();
    expect(second.state).toBe("resolved");
    expect(backend.connects).toBe(4);
  });

  it("lets a resource that comes back serve the caller for whom another is being validated", async () => {
    const { pool, clock } = testPool({ maxSize: 2, validateTimeout: 10_000 }, { validate: () => check.promise });
    const check = gate();
    const [first, second] = await borrow(pool, 2);
    first?.release();
    await clock.advance(2_000);
    const wait = watch(pool.acquire());
    expect(pool.stats.validating).toBe(1);
    second?.release();
    await settle();
    expect(wait.value?.resource.id).toBe(2);
    check.resolve();
    await settle();
    expect(pool.stats).toMatchObject({ idle: 1, leased: 1 });
  });

  it("backs off when every new resource fails its first one", async () => {
    const { pool, clock, backend } = testPool(
      { validateIfIdleFor: 0, minIdle: 1, keepAliveInterval: 1_000 },
      {
        validateAlways: true,
        validate: () => {
          if (backend.connects < 1_000) throw new Error("not allowed here"); // 1000: ends what would spin for ever
        },
      },
    );
    const wait = watch(pool.acquire());
    await clock.advance(1_000);
    expect(backend.connects).toBeLessThanOrEqual(20);
    expect(wait.state).not.toBe("resolved");
  });
});

describe("the return", () => {
  it("costs no round trip when the resource says that it is clean", async () => {
    const { pool, backend } = testPool({}, { reset: () => undefined, status: () => ({ clean: true }) });
    const lease = await pool.acquire();
    lease.release();
    expect(pool.stats.idle).toBe(1);
    expect(backend.idsOf("reset")).toEqual([]);
  });

  it("resets what does not say that it is clean before anybody else gets it", async () => {
    const reset = gate();
    const { pool, backend } = testPool({ maxSize: 1 }, { reset: () => reset.promise });
    const lease = await pool.acquire();
    const next = watch(pool.acquire());
    lease.release();
    await settle();
    expect(pool.stats.resetting).toBe(1);
    expect(next.state).toBe("pending");
    reset.resolve();
    await settle();
    expect(next.value?.resource.id).toBe(1);
    expect(backend.idsOf("reset")).toEqual([1]);
  });

  it("leaves the caller without waiting for the reset", async () => {
    const { pool } = testPool({}, { reset: hang });
    {
      using lease = await pool.acquire();
      expect(lease.active).toBe(true);
    }
    expect(pool.stats).toMatchObject({ leased: 0, resetting: 1 });
  });

  it("closes what fails its reset, and serves who waits with another", async () => {
    const { pool, backend } = testPool(
      { maxSize: 1 },
      {
        reset: (resource) => {
          if (resource.id === 1) throw new Error("cannot roll back");
        },
      },
    );
    const lease = await pool.acquire();
    const next = pool.acquire();
    lease.release();
    expect((await next).resource.id).toBe(2);
    expect(backend.opened[0]).toMatchObject({ closes: 1, graceful: false });
    expect(pool.stats.totals.closedBy["reset-failed"]).toBe(1);
  });

  it("opens another for who waits at once when a reset fails and the close hangs", async () => {
    const { pool } = testPool(
      { maxSize: 2 },
      {
        create: (_context, attempt) => (attempt === 2 ? hang() : undefined),
        reset: () => Promise.reject(new Error("broken")),
        close: hang,
      },
    );
    const lease = await pool.acquire();
    lease.release();
    const wait = watch(pool.acquire());
    await settle();
    expect(wait.state).toBe("pending");
    expect(pool.stats).toMatchObject({ closing: 1, connecting: 1 });
  });

  it("bounds a reset by validateTimeout", async () => {
    const { pool, clock } = testPool({ maxSize: 1, validateTimeout: 200 }, { reset: hang });
    const lease = await pool.acquire();
    const next = watch(pool.acquire());
    lease.release();
    await clock.advance(201);
    expect(next.value?.resource.id).toBe(2);
    expect(pool.stats.totals.closedBy["reset-failed"]).toBe(1);
  });

  it("counts an open transaction, and resets it even where the factory calls it clean", async () => {
    const { pool, backend } = testPool({}, { reset: () => undefined, status: (resource) => resource.status });
    const lease = await pool.acquire();
    lease.resource.status = { inTransaction: true, clean: true };
    lease.release();
    await settle();
    expect(backend.idsOf("reset")).toEqual([1]);
    expect(pool.stats).toMatchObject({ idle: 1, totals: { openTransactions: 1 } });
  });

  it("closes a resource with an open transaction that the factory cannot reset", async () => {
    const { pool, backend } = testPool({}, { status: () => ({ inTransaction: true }) });
    (await pool.acquire()).release();
    expect(backend.live).toBe(0);
    expect(pool.stats).toMatchObject({ size: 0, totals: { openTransactions: 1, closedBy: { "reset-failed": 1 } } });
  });

  it("closes a resource that is busy", async () => {
    const { pool, backend } = testPool({}, { reset: () => undefined, status: () => ({ busy: true }) });
    (await pool.acquire()).release();
    expect(backend.opened[0]).toMatchObject({ closes: 1, graceful: false });
    expect(backend.idsOf("reset")).toEqual([]);
    expect(pool.stats.totals.closedBy["busy-at-release"]).toBe(1);
  });

  it("does not reset what is closed anyway", async () => {
    const { pool, backend } = testPool({ maxUses: 1 }, { reset: () => undefined });
    (await pool.acquire()).release();
    (await pool.acquire()).destroy();
    await settle();
    expect(pool.stats.totals.closedBy).toMatchObject({ "max-uses": 1, destroyed: 1 });
    expect(backend.idsOf("reset")).toEqual([]);
  });

  it("hands a resource straight from its reset to a caller who waits", async () => {
    const { pool } = testPool({ maxSize: 1 }, { reset: () => undefined, validate: () => undefined });
    const first = await pool.acquire();
    const waits = [pool.acquire(), pool.acquire()];
    first.release();
    const second = await waits[0];
    second?.release();
    const third = await waits[1];
    expect(third?.resource.id).toBe(1);
    expectCountsToAddUp(pool);
  });
});
