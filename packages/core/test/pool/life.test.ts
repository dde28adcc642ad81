import { describe, expect, it } from "vitest";
import { gate, hang } from "../support/fake-backend.js";
import { borrow, expectCountsToAddUp, settle, testPool, watch } from "../support/pool.js";

const MINUTE = 60_000;

describe("maxLifetime", () => {
  it("replaces an idle resource at its age, 30 minutes by default", async () => {
    const { pool, clock } = testPool({ minIdle: 1, keepAliveInterval: "never" });
    await clock.advance(29 * MINUTE);
    expect((await pool.acquire()).resource.id).toBe(1);
    const { pool: other, clock: time } = testPool({ minIdle: 1 });
    await time.advance(30 * MINUTE + 1_000);
    expect((await other.acquire()).resource.id).toBe(2);
    expect(other.stats.totals.closedBy["max-lifetime"]).toBe(1);
  });

  it("never lends a resource that is past its age, between sweeps too", async () => {
    const { pool, clock } = testPool({ maxLifetime: 1_500, idleTimeout: "never" });
    (await pool.acquire()).release();
    await clock.advance(1_200);
    clock.jump(400);
    expect((await pool.acquire()).resource.id).toBe(2);
  });

  it("lets a lease outlive it, and closes the resource on its return", async () => {
    const { pool, clock } = testPool({ maxLifetime: 2_000 });
    const lease = await pool.acquire();
    await clock.advance(10_000);
    expect(lease.active).toBe(true);
    lease.release();
    expect(pool.stats).toMatchObject({ idle: 0, totals: { closedBy: { "max-lifetime": 1 } } });
  });

  it("ends each life earlier by up to a quarter, as chance has it", async () => {
    const lifeOf = async (chance: number): Promise<number> => {
      const { pool, clock } = testPool({ maxLifetime: 100_000, random: () => chance, idleTimeout: "never" });
      (await pool.acquire()).release();
      const start = clock.now();
      while (pool.stats.idle > 0) await clock.advance(1_000);
      return clock.now() - start;
    };
    expect(await lifeOf(0)).toBe(100_000);
    expect(await lifeOf(0.5)).toBe(88_000); // 87 500, seen by the next sweep
    expect(await lifeOf(1)).toBe(75_000);
  });

  it("replaces at their ages what minIdle keeps", async () => {
    const { pool, clock, backend } = testPool({ minIdle: 2, maxLifetime: 5_000 });
    await clock.advance(6_000);
    await settle();
    expect(pool.stats.idle).toBe(2);
    expect(backend.connects).toBe(4);
  });
});

describe("idleTimeout", () => {
  it("closes what was not used for so long, 10 minutes by default", async () => {
    const { pool, clock } = testPool();
    (await pool.acquire()).release();
    await clock.advance(10 * MINUTE - 1_000);
    expect(pool.stats.idle).toBe(1);
    await clock.advance(2_000);
    expect(pool.stats).toMatchObject({ size: 0, totals: { closedBy: { "idle-timeout": 1 } } });
  });

  it("leaves minIdle resources open", async () => {
    const { pool, clock, backend } = testPool({ minIdle: 2, idleTimeout: 5_000 });
    await settle();
    const leases = await borrow(pool, 6);
    for (const lease of leases) lease.release();
    await clock.advance(20_000);
    expect(pool.stats.idle).toBe(2);
    expect(backend.live).toBe(2);
  });

  it("counts from the last use, and not from the last check", async () => {
    const { pool, clock, backend } = testPool(
      { idleTimeout: 10_000, keepAliveInterval: 2_000 },
      { validate: () => undefined },
    );
    (await pool.acquire()).release();
    await clock.advance(11_000);
    expect(backend.idsOf("validate").length).toBeGreaterThan(1);
    expect(pool.stats.size).toBe(0);
  });

  it("spares what is used again and again", async () => {
    const { pool, clock, backend } = testPool({ idleTimeout: 5_000 });
    for (let i = 0; i < 10; i++) {
      (await pool.acquire()).release();
      await clock.advance(3_000);
    }
    expect(backend.connects).toBe(1);
  });
});

describe("maxUses", () => {
  it("closes a resource after so many loans", async () => {
    const { pool, backend } = testPool({ maxUses: 3 });
    const ids: number[] = [];
    for (let i = 0; i < 7; i++) {
      using lease = await pool.acquire();
      ids.push(lease.resource.id);
    }
    expect(ids).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect(backend.idsOf("close")).toEqual([1, 2]);
    expect(pool.stats.totals.closedBy["max-uses"]).toBe(2);
  });

  it("does not hand a used-up resource to who waits", async () => {
    const { pool } = testPool({ maxSize: 1, maxUses: 1 });
    const first = await pool.acquire();
    const next = pool.acquire();
    first.release();
    expect((await next).resource.id).toBe(2);
  });
});

describe("keep-alive", () => {
  it("validates idle resources every two minutes, give or take a fifth", async () => {
    const firstCheck = async (chance: number): Promise<number> => {
      const { pool, clock, backend } = testPool({ random: () => chance }, { validate: () => undefined });
      (await pool.acquire()).release();
      const start = clock.now();
      while (backend.idsOf("validate").length === 0) await clock.advance(1_000);
      return clock.now() - start;
    };
    expect(await firstCheck(0)).toBe(96_000);
    expect(await firstCheck(0.5)).toBe(120_000);
    expect(await firstCheck(0.999_999)).toBe(144_000);
  });

  it("closes and replaces what fails it", async () => {
    const { pool, clock, backend } = testPool(
      { minIdle: 1, keepAliveInterval: 5_000 },
      {
        validate: (resource) => {
          if (resource.id === 1) throw new Error("dead");
        },
      },
    );
    await clock.advance(6_000);
    expect(pool.stats).toMatchObject({ idle: 1, totals: { closedBy: { "validate-failed": 1 } } });
    expect(backend.connects).toBe(2);
  });

  it("leaves alone what is lent, and does nothing where the factory cannot validate", async () => {
    const { pool, clock, backend } = testPool({ keepAliveInterval: 5_000 }, { validate: () => undefined });
    const lease = await pool.acquire();
    await clock.advance(20_000);
    expect(backend.idsOf("validate")).toEqual([]);
    lease.release();
    const plain = testPool({ keepAliveInterval: 5_000 });
    (await plain.pool.acquire()).release();
    await plain.clock.advance(20_000);
    expect(plain.pool.stats.idle).toBe(1);
  });

  it("serves a caller who comes while it runs as soon as it is over", async () => {
    const validation = gate();
    const { pool, clock } = testPool(
      { maxSize: 1, keepAliveInterval: 5_000, validateTimeout: 60_000 },
      { validate: () => validation.promise },
    );
    (await pool.acquire()).release();
    await clock.advance(5_000);
    expect(pool.stats.validating).toBe(1);
    const wait = watch(pool.acquire());
    await settle();
    expect(wait.state).toBe("pending");
    validation.resolve();
    await settle();
    expect(wait.state).toBe("resolved");
  });
});

describe("evict", () => {
  it("closes idle resources now and leased ones on their return", async () => {
    const { pool, backend } = testPool();
    const leases = await borrow(pool, 4);
    leases[0]?.release();
    leases[1]?.release();
    expect(pool.stats.generation).toBe(1);
    pool.evict("password changed");
    expect(pool.stats).toMatchObject({ idle: 0, leased: 2, generation: 2 });
    expect(backend.live).toBe(2);
    expect(leases[2]?.active).toBe(true);
    leases[2]?.release();
    leases[3]?.release();
    expect(pool.stats).toMatchObject({ size: 0, totals: { closedBy: { evicted: 4 } } });
  });

  it("lends nothing of the old generation, connects under way included", async () => {
    const connects = [gate(), gate()];
    const { pool } = testPool({ maxSize: 1 }, { create: (_context, attempt) => connects[attempt - 1]?.promise });
    const wait = watch(pool.acquire());
    await settle();
    pool.evict();
    connects[0]?.resolve();
    connects[1]?.resolve();
    await settle();
    expect(wait.value?.resource.id).toBe(2);
    expect(pool.stats.totals.closedBy.evicted).toBe(1);
  });

  it("closes what was being validated or reset when it is done", async () => {
    const work = gate();
    const { pool, clock } = testPool({}, { validate: () => work.promise, reset: () => work.promise });
    const [first, second] = await borrow(pool, 2);
    first?.release();
    await settle();
    work.resolve();
    await settle();
    await clock.advance(1_500);
    const pending = gate();
    const again = testPool({}, { validate: () => pending.promise, reset: () => pending.promise });
    second?.release();
    (await again.pool.acquire()).release();
    expect(again.pool.stats.resetting).toBe(1);
    again.pool.evict();
    pending.resolve();
    await settle();
    expect(again.pool.stats).toMatchObject({ size: 0, totals: { closedBy: { evicted: 1 } } });
  });

  it("fills up to minIdle with new ones", async () => {
    const { pool, backend } = testPool({ minIdle: 2 });
    await settle();
    pool.evict();
    await settle();
    expect(pool.stats.idle).toBe(2);
    expect(backend.connects).toBe(4);
  });

  it("tries again at once where connects were failing: the cause may be gone", async () => {
    let refuse = true;
    const { pool, backend, clock } = testPool(
      { minIdle: 1 },
      {
        create: () => {
          if (refuse) throw new Error("password authentication failed");
        },
      },
    );
    await clock.advance(30_000);
    const before = backend.connects;
    refuse = false;
    pool.evict();
    await settle();
    expect(backend.connects).toBe(before + 1);
    expect(pool.stats.idle).toBe(1);
  });
});

describe("a lost resource", () => {
  it("is closed when it was idle, and not lent again", async () => {
    const { pool, backend } = testPool();
    (await pool.acquire()).release();
    backend.opened[0]?.lost(new Error("ECONNRESET"));
    expect(pool.stats).toMatchObject({ idle: 0, totals: { closedBy: { lost: 1 } } });
    expect((await pool.acquire()).resource.id).toBe(2);
    expect(backend.opened[0]?.graceful).toBe(false);
  });

  it("is closed on its return when it was lent", async () => {
    const { pool, backend } = testPool();
    const lease = await pool.acquire();
    lease.resource.lost();
    expect(lease.active).toBe(true);
    expect(backend.live).toBe(1);
    lease.release();
    expect(backend.live).toBe(0);
    expect(pool.stats.totals.closedBy.lost).toBe(1);
  });

  it("is closed once, however often it tells, and after its end too", async () => {
    const { pool, backend, clock } = testPool();
    const lease = await pool.acquire();
    const { resource } = lease;
    resource.lost();
    resource.lost();
    lease.release();
    resource.lost();
    await clock.advance(5_000);
    expect(resource.closes).toBe(1);
    expect(backend.live).toBe(0);
    expectCountsToAddUp(pool);
  });

  it("is closed when its validation or reset is over", async () => {
    const work = gate();
    const { pool, backend } = testPool({}, { reset: () => work.promise });
    const lease = await pool.acquire();
    const { resource } = lease;
    lease.release();
    expect(pool.stats.resetting).toBe(1);
    resource.lost();
    work.resolve();
    await settle();
    expect(pool.stats).toMatchObject({ size: 0, totals: { closedBy: { lost: 1 } } });
    expect(backend.live).toBe(0);
  });

  it("is closed when it told so before it was handed over, and another is opened", async () => {
    const { pool, clock, backend } = testPool(
      {},
      {
        create: (context, attempt) => {
          if (attempt === 1) context.lost(new Error("greeted and hung up"));
        },
      },
    );
    const wait = watch(pool.acquire());
    await clock.advance(500);
    expect(wait.value?.resource.id).toBe(2);
    expect(backend.opened[0]?.closes).toBe(1);
  });

  it.each(["before it is handed over", "right after"])("backs off when each new one is lost %s", async (when) => {
    const { pool, clock, backend } = testPool(
      { minIdle: 1 },
      {
        create: (context, attempt) => {
          if (attempt > 1_000) return; // ends what would spin for ever
          if (when === "right after") setImmediate(() => context.lost(new Error("hung up")));
          else context.lost(new Error("hung up"));
        },
      },
    );
    await clock.advance(1_000);
    expect(backend.connects).toBeGreaterThan(1);
    expect(backend.connects).toBeLessThanOrEqual(20);
    await pool.close();
  });

  it("may take another idle one with it while it is closed", async () => {
    const { pool, clock, backend } = testPool(
      { maxLifetime: 3_000, idleTimeout: "never" },
      { close: (resource) => backend.opened[resource.id - 2]?.lost(new Error("its sibling is gone")) },
    );
    const leases = await borrow(pool, 4);
    for (const lease of leases) lease.release();
    await clock.advance(2_500);
    clock.jump(600); // all are past their time now, and the next acquire closes them one by one
    const lease = await pool.acquire();
    expect(lease.resource.id).toBe(5);
    expect(backend.opened.map((resource) => resource.closes)).toEqual([1, 1, 1, 1, 0]);
    expectCountsToAddUp(pool);
  });

  it("may take others with it when a lower limit closes it", async () => {
    const { pool, backend } = testPool(
      {},
      {
        close: (resource) => {
          if (resource.id === 1) backend.opened[1]?.lost(new Error("its sibling is gone"));
        },
      },
    );
    for (const lease of await borrow(pool, 5)) lease.release();
    pool.resize({ maxSize: 2 });
    expect(backend.opened.every((resource) => resource.closes <= 1)).toBe(true);
    expectCountsToAddUp(pool);
  });
});

describe("a clock that stands still", () => {
  it("does not close or check anything", async () => {
    const { pool, backend } = testPool({ validateIfIdleFor: 1 }, { validate: hang });
    for (let i = 0; i < 100; i++) (await pool.acquire()).release();
    expect(backend.calls).toEqual(["create 1"]);
  });
});
