import { describe, expect, it } from "vitest";
import { gate, type FakeResource } from "../support/fake-backend.js";
import { errorOf, expectCountsToAddUp, poolErrorOf, settle, testPool } from "../support/pool.js";

describe("a lease", () => {
  it("gives its resource until it is released", async () => {
    const { pool, backend } = testPool();
    const lease = await pool.acquire();
    expect(lease.resource).toBe(backend.opened[0]);
    expect(lease.active).toBe(true);
    lease.release();
    expect(lease.active).toBe(false);
    expect(pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { released: 1 } });
  });

  it("is released by using, on success and on error", async () => {
    const { pool } = testPool();
    {
      using lease = await pool.acquire();
      expect(lease.active).toBe(true);
    }
    expect(pool.stats.leased).toBe(0);
    const failing = async (): Promise<void> => {
      using lease = await pool.acquire();
      throw new Error(`with ${String(lease.id)}`);
    };
    await errorOf(failing());
    expect(pool.stats.leased).toBe(0);
  });

  it("is released by await using as well", async () => {
    const { pool } = testPool();
    {
      // eslint-disable-next-line @typescript-eslint/await-thenable -- habit writes it so, and it must work
      await using lease = await pool.acquire();
      expect(lease.active).toBe(true);
    }
    expect(pool.stats.leased).toBe(0);
  });

  it("may be released twice, and the second release takes nothing from the next holder", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const first = await pool.acquire();
    first.release();
    const second = await pool.acquire();
    first.release();
    first.destroy();
    first[Symbol.dispose]();
    expect(second.active).toBe(true);
    expect(second.resource.id).toBe(1);
    expect(pool.stats).toMatchObject({ leased: 1, totals: { released: 1, destroyed: 0 } });
    expectCountsToAddUp(pool);
  });

  it("throws LEASE_ENDED when it is used after its end", async () => {
    const { pool } = testPool();
    const lease = await pool.acquire();
    lease.release();
    let error: unknown;
    try {
      expect.unreachable(`gave resource ${String(lease.resource.id)}`);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: "LEASE_ENDED",
      message: 'pool "test": lease 1 has ended, and its resource was used after it',
      details: { leaseId: 1 },
    });
    const tracked = await poolErrorOf(
      lease.track("SELECT 1", async () => 1),
      "LEASE_ENDED",
    );
    expect(tracked.message).toContain("a statement was sent after it");
  });

  it("has an id of its own in its pool", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const ids = new Set<number>();
    for (let i = 0; i < 100; i++) {
      using lease = await pool.acquire();
      ids.add(lease.id);
    }
    expect(ids.size).toBe(100);
  });

  it("that is destroyed has its resource closed and another opened", async () => {
    const { pool, backend } = testPool({ maxSize: 1 });
    const lease = await pool.acquire();
    lease.destroy(new Error("protocol error"));
    lease.destroy();
    lease.release();
    expect(backend.opened[0]).toMatchObject({ closes: 1, graceful: false });
    expect((await pool.acquire()).resource.id).toBe(2);
    expect(pool.stats.totals).toMatchObject({ destroyed: 1, released: 0, closedBy: { destroyed: 1 } });
  });

  it("shows in holders, the longest hold first", async () => {
    const { pool, clock } = testPool();
    const first = await pool.acquire({ label: "checkout" });
    await clock.advance(500);
    const second = await pool.acquire();
    await clock.advance(250);
    expect(pool.holders()).toEqual([
      {
        leaseId: 1,
        resourceId: 1,
        label: "checkout",
        heldMs: 750,
        busyMs: 0,
        lastStatement: undefined,
        inTransaction: undefined,
        acquiredAt: undefined,
      },
      expect.objectContaining({ leaseId: 2, label: undefined, heldMs: 250 }),
    ]);
    first.release();
    second.release();
    expect(pool.holders()).toEqual([]);
  });
});

describe("track", () => {
  it("hands on what the work gives and throws", async () => {
    const { pool } = testPool();
    using lease = await pool.acquire();
    expect(await lease.track("SELECT 1", async () => 42)).toBe(42);
    const own = new Error("syntax error");
    expect(await errorOf(lease.track("SELEC", () => Promise.reject(own)))).toBe(own);
    expect(
      await errorOf(
        lease.track("SELEC", () => {
          throw own;
        }),
      ),
    ).toBe(own);
    expect(pool.holders()).toMatchObject([{ busyMs: 0, lastStatement: "SELEC" }]);
  });

  it("counts busy time beside held time, and the time of a statement that still runs", async () => {
    const { pool, clock } = testPool();
    const lease = await pool.acquire();
    await clock.advance(1_000);
    const first = gate();
    const tracked = lease.track("SELECT pg_sleep(1)", () => first.promise);
    await clock.advance(40);
    expect(pool.holders()).toMatchObject([{ heldMs: 1_040, busyMs: 40 }]);
    first.resolve();
    await tracked;
    await clock.advance(2_000);
    expect(pool.holders()).toMatchObject([{ heldMs: 3_040, busyMs: 40, lastStatement: "SELECT pg_sleep(?)" }]);
    lease.release();
  });

  it("counts time once when statements run side by side", async () => {
    const { pool, clock } = testPool();
    const lease = await pool.acquire();
    const gates = [gate(), gate()];
    const running = gates.map(({ promise }) => lease.track("SELECT 1", () => promise));
    await clock.advance(100);
    gates[0]?.resolve();
    await settle();
    await clock.advance(100);
    gates[1]?.resolve();
    await Promise.all(running);
    expect(pool.holders()).toMatchObject([{ busyMs: 200 }]);
    lease.release();
  });

  it("masks the literals of the last statement", async () => {
    const { pool } = testPool();
    using lease = await pool.acquire();
    await lease.track("SELECT * FROM users WHERE email = 'a@b.c' AND pin = 1234", async () => undefined);
    expect(pool.holders()[0]?.lastStatement).toBe("SELECT * FROM users WHERE email = ? AND pin = ?");
  });

  it("starts afresh with the next lease of the same resource", async () => {
    const { pool, clock } = testPool();
    {
      using lease = await pool.acquire();
      const work = gate();
      const tracked = lease.track("SELECT 1", () => work.promise);
      await clock.advance(100);
      work.resolve();
      await tracked;
    }
    using next = await pool.acquire();
    expect(next.resource.id).toBe(1);
    expect(pool.holders()).toMatchObject([{ busyMs: 0, lastStatement: undefined }]);
  });

  it("closes a resource that is released while a statement runs, and the late reply harms nobody", async () => {
    const { pool, backend } = testPool({ maxSize: 1 });
    const lease = await pool.acquire();
    const late = gate();
    const tracked = lease.track("SELECT pg_sleep(60)", () => late.promise);
    lease.release();
    expect(backend.opened[0]).toMatchObject({ closes: 1, graceful: false });
    const next = await pool.acquire();
    expect(next.resource.id).toBe(2);
    late.resolve();
    await tracked;
    expect(pool.holders()).toMatchObject([{ leaseId: next.id, busyMs: 0, lastStatement: undefined }]);
    expect(pool.stats.totals.closedBy["busy-at-release"]).toBe(1);
    next.release();
    expect(pool.stats.idle).toBe(1);
  });

  it("closes the resource at its release after an error that the factory calls fatal", async () => {
    const fatal = new Error("terminating connection");
    const { pool, backend } = testPool({}, { isFatal: (error) => error === fatal });
    const lease = await pool.acquire();
    await errorOf(lease.track("SELECT 1", () => Promise.reject(new Error("harmless"))));
    await errorOf(lease.track("SELECT 1", () => Promise.reject(fatal)));
    expect(lease.active).toBe(true);
    lease.release();
    expect(backend.live).toBe(0);
    expect(pool.stats.totals.closedBy).toMatchObject({ "fatal-error": 1 });
  });
});

describe("use", () => {
  it("lends for one task and gives back what it gives", async () => {
    const { pool } = testPool();
    const seen: FakeResource[] = [];
    const result = await pool.use((resource, lease) => {
      seen.push(resource);
      expect(lease.active).toBe(true);
      return "done";
    });
    expect(result).toBe("done");
    expect(seen[0]?.id).toBe(1);
    expect(pool.stats).toMatchObject({ leased: 0, idle: 1 });
  });

  it("returns the resource when the task fails, at once or later", async () => {
    const { pool } = testPool();
    const own = new Error("no");
    expect(await errorOf(pool.use(() => Promise.reject(own)))).toBe(own);
    expect(
      await errorOf(
        pool.use(() => {
          throw own;
        }),
      ),
    ).toBe(own);
    expect(pool.stats).toMatchObject({ idle: 1, leased: 0 });
  });

  it("destroys the resource after a fatal error", async () => {
    const { pool, backend } = testPool({}, { isFatal: (error) => (error as Error).message === "57P01" });
    await errorOf(pool.use(() => Promise.reject(new Error("57P01"))));
    expect(backend.live).toBe(0);
    await errorOf(pool.use(() => Promise.reject(new Error("23505"))));
    expect(backend.live).toBe(1);
    expect(pool.stats.totals).toMatchObject({ destroyed: 1, released: 1 });
  });

  it("takes the options of acquire", async () => {
    const { pool } = testPool();
    await pool.use(
      () => {
        expect(pool.holders()).toMatchObject([{ label: "report" }]);
      },
      { label: "report" },
    );
    const reason = new Error("no");
    expect(await errorOf(pool.use(() => undefined, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
