import { afterEach, describe, expect, it } from "vitest";
import { borrowing } from "../../src/pool/borrow.js";
import { createPool } from "../../src/pool/create-pool.js";
import type { Pool } from "../../src/pool/pool.js";
import { moment, type MomentEvents } from "../../src/events.js";
import { onEvent } from "../../src/on-event.js";
import { FakeBackend, type FakeResource } from "../support/fake-backend.js";
import { errorOf, expectCountsToAddUp, hold, settle, testPool, watch } from "../support/pool.js";

type Leak = MomentEvents["pool:leak"];

const channel = moment("pool:leak");
let leaks: Leak[] = [];
const listen = (event: unknown): void => {
  leaks.push(event as Leak); // the channel's
};

function recordLeaks(): void {
  leaks = [];
  channel.subscribe(listen);
}

afterEach(() => {
  channel.unsubscribe(listen);
});

describe("a lease that is held too long", () => {
  it("is reported once, after 30 s by default, with its holder", async () => {
    recordLeaks();
    const { pool, clock } = testPool();
    const lease = await pool.acquire({ label: "report" });
    await clock.advance(29_000);
    expect(leaks).toEqual([]);
    await clock.advance(2_000);
    expect(leaks).toMatchObject([{ pool: "test", kind: "held", holder: { label: "report", leaseId: lease.id } }]);
    expect(leaks[0]?.holder.heldMs).toBeGreaterThanOrEqual(30_000);
    await clock.advance(60_000);
    expect(leaks).toHaveLength(1);
    expect(lease.active).toBe(true);
    lease.release();
  });

  it("is reported again when it comes back after all", async () => {
    recordLeaks();
    const { pool, clock } = testPool();
    const lease = await pool.acquire({ label: "report" });
    await clock.advance(45_000);
    lease.release();
    expect(leaks.map((leak) => leak.kind)).toEqual(["held", "returned"]);
    expect(leaks[1]).toMatchObject({ holder: { label: "report", leaseId: lease.id, heldMs: 45_000 } });
  });

  it("is reported as reclaimed, and not as returned, when it is taken away", async () => {
    recordLeaks();
    const { pool, clock } = testPool({ leakAfter: 1_000, reclaimAfter: 3_000 });
    const lease = await pool.acquire({ label: "report" });
    await clock.advance(4_000);
    expect(leaks.map((leak) => leak.kind)).toEqual(["held", "reclaimed"]);
    expect(leaks[1]).toMatchObject({ holder: { label: "report", leaseId: lease.id, heldMs: 3_000 } });
    const stuck = await pool.acquire();
    await clock.advance(1_500);
    pool.reclaim(stuck.id);
    expect(leaks.map((leak) => leak.kind)).toEqual(["held", "reclaimed", "held", "reclaimed"]);
  });

  it("is reported when it is taken away before it would have been", async () => {
    recordLeaks();
    const { pool, clock } = testPool({ leakAfter: 30_000, reclaimAfter: 2_000 });
    const lease = await pool.acquire({ label: "report" });
    await clock.advance(3_000);
    expect(lease.active).toBe(false);
    expect(leaks).toMatchObject([{ kind: "reclaimed", holder: { label: "report", leaseId: lease.id } }]);
    const early = await pool.acquire();
    pool.reclaim(early.id);
    expect(leaks).toHaveLength(1);
  });

  it("is reported anew for the next holder of the same resource", async () => {
    recordLeaks();
    const { pool, clock } = testPool({ leakAfter: 2_000 });
    for (let i = 0; i < 2; i++) {
      const lease = await pool.acquire();
      await clock.advance(3_500);
      lease.release();
    }
    expect(leaks.filter((leak) => leak.kind === "held").map((leak) => leak.holder.leaseId)).toEqual([1, 2]);
  });

  it("is reported anew as well where a listener gave it back at once", async () => {
    recordLeaks();
    const { pool, clock } = testPool({ leakAfter: 1_000, maxSize: 1 });
    let lease = await pool.acquire();
    using _ = onEvent("pool:leak", ({ kind }) => {
      if (kind === "held") lease.release();
    });
    await clock.advance(2_500);
    lease = await pool.acquire();
    await clock.advance(2_500);
    expect(leaks.map(({ kind, holder }) => [kind, holder.leaseId])).toEqual([
      ["held", 1],
      ["returned", 1],
      ["held", 2],
      ["returned", 2],
    ]);
  });

  it("is not reported with leakAfter never, nor when it ended in time", async () => {
    recordLeaks();
    const never = testPool({ leakAfter: "never" });
    const lease = await hold(never.pool);
    await never.clock.advance(3_600_000);
    const timely = testPool({ leakAfter: 5_000 });
    using short = await timely.pool.acquire();
    await timely.clock.advance(4_500);
    short.release();
    await timely.clock.advance(10_000);
    expect(leaks).toEqual([]);
    lease.release();
  });
});

describe("reclaim", () => {
  it("takes a resource away: the lease ends, the resource is closed and never lent again", async () => {
    const { pool, backend } = testPool({ maxSize: 1 });
    const lease = await pool.acquire();
    const next = watch(pool.acquire());
    expect(pool.reclaim(lease.id)).toBe(true);
    await settle();
    expect(lease.active).toBe(false);
    expect(() => lease.resource).toThrow(expect.objectContaining({ code: "LEASE_ENDED" }));
    expect(next.value?.resource.id).toBe(2);
    lease.release();
    expect(pool.stats).toMatchObject({ leased: 1, totals: { destroyed: 1, closedBy: { reclaimed: 1 } } });
    expect(backend.opened[0]).toMatchObject({ closes: 1, graceful: false });
    expectCountsToAddUp(pool);
  });

  it("says false of a lease that has ended or never was", async () => {
    const { pool } = testPool();
    const lease = await pool.acquire();
    lease.release();
    expect(pool.reclaim(lease.id)).toBe(false);
    expect(pool.reclaim(0)).toBe(false);
    expect(pool.reclaim(99)).toBe(false);
    expect(pool.stats.idle).toBe(1);
  });

  it("happens by itself after reclaimAfter, and never by default", async () => {
    const { pool, clock } = testPool({ reclaimAfter: 5_000 });
    const lease = await pool.acquire();
    await clock.advance(4_900);
    expect(lease.active).toBe(true);
    await clock.advance(1_100);
    expect(lease.active).toBe(false);
    const patient = testPool();
    const kept = await hold(patient.pool);
    await patient.clock.advance(24 * 3_600_000);
    expect(kept.active).toBe(true);
  });

  it("fails the task that goes on with its lease", async () => {
    const { pool } = testPool();
    const error = await errorOf(
      pool.use(async (_resource, lease) => {
        pool.reclaim(lease.id);
        return lease.track("SELECT 1", async () => 1);
      }),
    );
    expect(error).toMatchObject({ code: "LEASE_ENDED" });
    expectCountsToAddUp(pool);
  });
});

describe("a lease that is dropped without release", () => {
  const { gc } = globalThis;

  async function until(fact: () => boolean): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!fact()) {
      if (performance.now() > deadline) throw new Error("nothing was found within 15 s");
      await gc?.({ type: "major", execution: "async" });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it("is found by garbage collection: its resource is closed, never lent again, and counted", async () => {
    recordLeaks();
    const backend = new FakeBackend();
    const pool = createPool(backend, { name: "gc", maxSize: 2 });
    const kept = await pool.acquire();
    await (async (): Promise<void> => {
      await pool.acquire({ label: "forgotten" });
    })();
    const next = watch(pool.acquire());
    await until(() => next.state === "resolved");
    expect(next.value?.resource.id).toBe(3);
    expect(backend.opened[1]).toMatchObject({ closes: 1, graceful: false });
    expect(kept.active).toBe(true);
    expect(pool.stats.totals).toMatchObject({ dropped: 1, closedBy: { dropped: 1 } });
    expect(leaks).toMatchObject([{ pool: "gc", kind: "dropped", holder: { label: "forgotten", resourceId: 2 } }]);
    expectCountsToAddUp(pool);
    kept.release();
    next.value?.release();
    await pool.close();
    expect(backend.live).toBe(0);
  });

  it("is found among thousands, and after other resources have come and gone", async () => {
    const backend = new FakeBackend();
    const pool = createPool(backend, { maxSize: 3 });
    const forget = async (): Promise<void> => {
      await pool.acquire({ label: "forgotten" });
    };
    for (let round = 1; round <= 3; round++) {
      const all = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
      for (const lease of all) lease.destroy();
      await forget();
      for (let i = 0; i < 5_000; i++) (await pool.acquire()).release();
      await until(() => pool.stats.totals.dropped === round);
    }
    expectCountsToAddUp(pool);
    await pool.close();
    expect(backend.live).toBe(0);
  });

  it("is reported as held and then as dropped, and not as returned", async () => {
    recordLeaks();
    const { pool, clock } = testPool({ leakAfter: 1_000 });
    await (async (): Promise<void> => {
      const lease = await pool.acquire();
      await clock.advance(2_000);
      expect(lease.active).toBe(true);
    })();
    await until(() => pool.stats.totals.dropped === 1);
    expect(leaks.map((leak) => leak.kind)).toEqual(["held", "dropped"]);
  });

  it.each([
    ["use", (pool: Pool<FakeResource>) => pool.use(() => new Promise(() => undefined))],
    [
      "a session's borrower",
      (pool: Pool<FakeResource>) =>
        borrowing(pool, async (borrower) => {
          await borrower.acquire();
          return new Promise(() => undefined);
        }),
    ],
  ])("is found when the task of %s hangs and nobody can ever end it", async (_, hang) => {
    const pool = createPool(new FakeBackend(), { maxSize: 1 });
    void hang(pool);
    const next = watch(pool.acquire());
    await until(() => next.state === "resolved");
    expect(pool.stats.totals).toMatchObject({ dropped: 1, closedBy: { dropped: 1 } });
    next.value?.release();
    await pool.close();
  });

  it("is found among the many that began and ended in the same second", async () => {
    const backend = new FakeBackend();
    const pool = createPool(backend, { maxSize: 100, maxConnecting: 100 });
    await (async (): Promise<void> => {
      for (let i = 0; i < 99; i++) {
        await pool.acquire();
        for (let other = 0; other < 5; other++) (await pool.acquire()).release();
      }
    })();
    await until(() => pool.stats.totals.dropped === 99);
    expect(pool.stats).toMatchObject({ leased: 0, totals: { closedBy: { dropped: 99 } } });
    await pool.close();
    expect(backend.live).toBe(0);
  });

  it("is not mistaken for one that was released, or is still in use by a task", async () => {
    const backend = new FakeBackend();
    const pool = createPool(backend, { maxSize: 2 });
    for (let i = 0; i < 50; i++) (await pool.acquire()).release();
    const finish = Promise.withResolvers<undefined>();
    const task = pool.use(() => finish.promise);
    const started = performance.now();
    await until(() => performance.now() - started > 2_200); // two sweeps, and collections in between
    expect(pool.stats).toMatchObject({ leased: 1, totals: { dropped: 0 } });
    finish.resolve(undefined);
    await task;
    expect(pool.stats).toMatchObject({ leased: 0, idle: 1 });
    await pool.close();
  });
});

describe("stacks", () => {
  it("are not taken by default", async () => {
    const { pool } = testPool();
    using lease = await pool.acquire();
    expect(pool.holders()).toMatchObject([{ leaseId: lease.id, acquiredAt: undefined }]);
  });

  it("tell with all where each lease was acquired, whether at once, after a wait or by use", async () => {
    const { pool } = testPool({ stacks: "all", maxSize: 1 });
    const whereFrom = (): string | undefined => pool.holders()[0]?.acquiredAt;
    const first = await pool.acquire();
    expect(whereFrom()).toContain("leaks.test.ts");
    expect(whereFrom()).not.toContain("managed-pool");
    async function someoneWaiting(): Promise<void> {
      using lease = await pool.acquire();
      expect(lease.active).toBe(true);
      expect(whereFrom()).toContain("someoneWaiting");
    }
    const waiting = someoneWaiting();
    first.release();
    await waiting;
    const tried = pool.tryAcquire();
    expect(whereFrom()).toContain("leaks.test.ts");
    tried?.release();
    await pool.use(function byUse() {
      expect(whereFrom()).toContain("leaks.test.ts");
    });
  });

  it("are taken of one acquire in 64 with sampled", async () => {
    const { pool } = testPool({ stacks: "sampled" });
    let taken = 0;
    for (let i = 0; i < 640; i++) {
      using lease = await pool.acquire();
      if (lease.active && pool.holders()[0]?.acquiredAt !== undefined) taken++;
    }
    expect(taken).toBe(10);
  });
});
