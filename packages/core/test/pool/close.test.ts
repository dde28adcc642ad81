import { describe, expect, it } from "vitest";
import { gate, hang, hangUntilAborted } from "../support/fake-backend.js";
import { borrow, expectCountsToAddUp, hold, poolErrorOf, settle, testPool, watch } from "../support/pool.js";

describe("close", () => {
  it("closes what is idle at once and refuses new callers", async () => {
    const { pool, backend } = testPool();
    for (const lease of await borrow(pool, 3)) lease.release();
    await pool.close();
    expect(backend.live).toBe(0);
    expect(pool.stats).toMatchObject({ state: "closed", size: 0, totals: { closedBy: { "pool-closed": 3 } } });
    const error = await poolErrorOf(pool.acquire(), "POOL_CLOSED");
    expect(error.message).toBe('pool "test" is closed');
    await poolErrorOf(
      pool.use(() => undefined),
      "POOL_CLOSED",
    );
  });

  it("fails those who wait", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const lease = await pool.acquire();
    const waits = [watch(pool.acquire()), watch(pool.acquire())];
    const closing = pool.close();
    await settle();
    for (const wait of waits) expect(wait.error).toMatchObject({ code: "POOL_CLOSED" });
    expect(pool.stats).toMatchObject({ state: "draining", waiting: 0, totals: { refused: 2 } });
    lease.release();
    await closing;
    expectCountsToAddUp(pool);
  });

  it("lets leases finish, and resolves when the last is back and closed", async () => {
    const closed = gate();
    const { pool } = testPool({}, { close: () => closed.promise });
    const lease = await pool.acquire();
    const closing = watch(pool.close());
    await settle();
    expect(lease.active).toBe(true);
    expect(closing.state).toBe("pending");
    lease.release();
    await settle();
    expect(closing.state).toBe("pending");
    closed.resolve();
    await settle();
    expect(closing.state).toBe("resolved");
  });

  it("takes the resources away after drainTimeout, 3 s by default", async () => {
    const { pool, clock, backend } = testPool();
    const lease = await pool.acquire();
    const closing = watch(pool.close());
    await clock.advance(2_999);
    expect(lease.active).toBe(true);
    await clock.advance(1);
    expect(closing.state).toBe("resolved");
    expect(lease.active).toBe(false);
    expect(() => lease.resource).toThrow(expect.objectContaining({ code: "LEASE_ENDED" }));
    expect(backend.opened[0]).toMatchObject({ closes: 1, graceful: false });
    lease.release();
    expectCountsToAddUp(pool);
  });

  it("takes another deadline, 0 included", async () => {
    const { pool, backend, clock } = testPool();
    const lease = await pool.acquire();
    const closing = watch(pool.close({ timeout: 0 }));
    await clock.advance(0);
    expect(closing.state).toBe("resolved");
    expect(lease.active).toBe(false);
    expect(backend.live).toBe(0);
  });

  it("with timeout Infinity waits for the leases for ever", async () => {
    const { pool, clock } = testPool();
    const lease = await pool.acquire();
    const closing = watch(pool.close({ timeout: Infinity }));
    await clock.advance(3_600_000);
    expect(closing.state).toBe("pending");
    lease.release();
    await settle();
    expect(closing.state).toBe("resolved");
  });

  it("is idempotent: every call is told of the same end", async () => {
    const { pool, backend } = testPool();
    const lease = await pool.acquire();
    const first = pool.close();
    const second = pool.close();
    expect(second).toBe(first);
    lease.release();
    await Promise.all([first, second, pool.close()]);
    expect(backend.opened[0]?.closes).toBe(1);
    await pool.close();
  });

  it("lets an earlier deadline win, and no later one", async () => {
    const { pool, clock } = testPool();
    const lease = await pool.acquire();
    const closing = watch(pool.close({ timeout: 10_000 }));
    await clock.advance(100);
    void pool.close({ timeout: 60_000 });
    void pool.close({ timeout: 500 });
    await clock.advance(499);
    expect([closing.state, lease.active]).toEqual(["pending", true]);
    await clock.advance(1);
    expect([closing.state, lease.active]).toEqual(["resolved", false]);
  });

  it("resolves within drainTimeout and closeTimeout when a lease is stuck and the close hangs", async () => {
    const { pool, clock } = testPool({}, { close: hang });
    await hold(pool);
    const closing = watch(pool.close());
    await clock.advance(3_000 + 1_000);
    expect(closing.state).toBe("resolved");
    expect(pool.stats.size).toBe(0);
  });

  it("aborts connects under way", async () => {
    const { pool } = testPool({}, { create: (context) => hangUntilAborted(context.signal) });
    const wait = watch(pool.acquire());
    await settle();
    await pool.close();
    expect(wait.error).toMatchObject({ code: "POOL_CLOSED" });
    expect(pool.stats).toMatchObject({ state: "closed", connecting: 0 });
  });

  it("gives up on a connect that ignores its signal after closeTimeout, and closes it when it comes", async () => {
    const connect = gate();
    const { pool, clock, backend } = testPool({}, { create: () => connect.promise });
    watch(pool.acquire());
    await settle();
    const closing = watch(pool.close());
    await clock.advance(999);
    expect(closing.state).toBe("pending");
    await clock.advance(1);
    expect(closing.state).toBe("resolved");
    connect.resolve();
    await settle();
    expect(backend.opened[0]?.closes).toBe(1);
    expectCountsToAddUp(pool);
  });

  it("closes a connect that succeeds in the last moment", async () => {
    const connect = gate();
    const { pool, backend } = testPool({}, { create: () => connect.promise });
    watch(pool.acquire());
    await settle();
    const closing = pool.close();
    connect.resolve();
    await closing;
    expect(backend.opened[0]?.closes).toBe(1);
    expect(backend.live).toBe(0);
  });

  it("waits for a validation and a reset, which end in time by themselves", async () => {
    const { pool, clock, backend } = testPool(
      { keepAliveInterval: 1_000, validateTimeout: 500 },
      { validate: hang, reset: hang },
    );
    const lease = await pool.acquire();
    await pool.warm(2);
    await clock.advance(1_000);
    expect(pool.stats.validating).toBe(1);
    lease.release();
    expect(pool.stats.resetting).toBe(1);
    const closing = watch(pool.close());
    await clock.advance(499);
    expect(closing.state).toBe("pending");
    await clock.advance(1);
    expect(closing.state).toBe("resolved");
    expect(backend.live).toBe(0);
  });

  it("does not fill up to minIdle any more", async () => {
    const { pool, backend, clock } = testPool({ minIdle: 3 });
    await settle();
    await pool.close();
    await clock.advance(10_000);
    expect(backend.connects).toBe(3);
    expect(backend.live).toBe(0);
  });

  it("of a pool that was never used opens nothing", async () => {
    const { pool, backend } = testPool();
    await pool.close();
    expect(backend.connects).toBe(0);
  });

  it("leaves no timer behind", async () => {
    const { pool, clock } = testPool({ minIdle: 1, maxSize: 1 }, { validate: () => undefined });
    await settle();
    const lease = await pool.acquire();
    watch(pool.acquire());
    await clock.advance(3_000);
    const closing = pool.close();
    lease.release();
    await closing;
    await clock.advance(1_000); // a sweep may still be due
    expect(clock.pending).toBe(0);
  });

  it("goes on taking back what reclaimAfter allows to be taken", async () => {
    const { pool, clock } = testPool({ reclaimAfter: 2_000 });
    await hold(pool);
    const closing = watch(pool.close({ timeout: Infinity }));
    await clock.advance(4_000);
    expect(closing.state).toBe("resolved");
  });

  it("is what await using does at the end of its block", async () => {
    const { pool, backend } = testPool();
    {
      await using scoped = pool;
      (await scoped.acquire()).release();
    }
    expect(pool.stats.state).toBe("closed");
    expect(backend.live).toBe(0);
  });

  it.each([-1, NaN, "5s", {}])("refuses a timeout of %o and goes on", async (timeout) => {
    const { pool } = testPool();
    const error = await poolErrorOf(pool.close({ timeout } as never), "INVALID_ARGUMENT");
    expect(error.message).toContain("timeout must be a number of ms, at least 0");
    expect(pool.stats.state).toBe("open");
  });
});
