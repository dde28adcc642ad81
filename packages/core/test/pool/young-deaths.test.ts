import { describe, expect, it } from "vitest";
import type { PoolOptions } from "../../src/pool/options.js";
import type { FakeBehaviour } from "../support/fake-backend.js";
import { load, mostWithin } from "../support/load.js";
import { ManualClock } from "../support/manual-clock.js";
import { borrow, expectCountsToAddUp, hold, testPool, watch, type TestPool } from "../support/pool.js";
import { seededRandom } from "../support/random.js";

interface CutPool extends TestPool {
  /** When its connects started. */
  readonly starts: number[];
  /** Cuts all that is open. */
  cut(): void;
  /** Cuts all that is open every so many ms from now on, for so long. */
  storm(every: number, forMs: number): void;
}

function cutPool(options: PoolOptions = {}, behaviour: FakeBehaviour = {}): CutPool {
  const clock = new ManualClock();
  const starts: number[] = [];
  const test = testPool(
    { clock, ...options },
    {
      ...behaviour,
      create(context, attempt) {
        starts.push(clock.now());
        return behaviour.create?.(context, attempt);
      },
    },
  );
  const cut = (): void => {
    for (const resource of test.backend.opened) if (resource.closes === 0) resource.lost(new Error("ECONNRESET"));
  };
  const storm = (every: number, forMs: number): void => {
    for (let at = every; at <= forMs; at += every) clock.setTimeout(cut, at);
  };
  return { ...test, starts, cut, storm };
}

const tick = (clock: ManualClock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimeout(() => resolve(), ms));

describe("connections that are lent and then die young, one after the other", () => {
  it.each([7, 20, 50, 100, 140])(
    "are never replaced more often than 20 times in a second (cut every %d ms)",
    async (every) => {
      const random = seededRandom(every);
      const test = cutPool({ maxSize: 10, random, acquireTimeout: 1_000 }, { create: () => tick(test.clock, 3) });
      test.storm(every, 20_000);
      const calls = await load(test, 200, 21_000);
      const during = test.starts.filter((at) => at > 1_000 && at <= 20_000);
      expect(mostWithin(during, 1_000)).toBeLessThanOrEqual(20);
      // The backend works between the cuts, so that everybody is served.
      expect(during.length).toBeGreaterThan(20);
      expect(calls.filter((call) => call.error !== undefined)).toEqual([]);
      expectCountsToAddUp(test.pool);
    },
  );

  it("make nobody wait for long for the next", async () => {
    const test = cutPool({ maxSize: 10, random: seededRandom(3) });
    test.storm(50, 10_000);
    const calls = await load(test, 60, 10_000);
    expect(Math.max(...calls.map((call) => call.took))).toBeLessThanOrEqual(150);
  });

  it.each([1, 2, 3, 4, 5])("are no outage, even if a fifth of the connects is cut as well (seed %d)", async (seed) => {
    const random = seededRandom(seed);
    let cuts = 0;
    const test: CutPool = cutPool(
      { maxSize: 10, random, acquireTimeout: 1_000 },
      {
        async create() {
          const before = cuts;
          await tick(test.clock, 10);
          if (cuts > before) throw new Error("ECONNRESET");
        },
      },
    );
    test.storm(50, 15_000);
    for (let at = 50; at <= 15_000; at += 50) test.clock.setTimeout(() => cuts++, at);
    const calls = await load(test, 60, 15_000);
    expect(test.pool.stats.totals.createFailed).toBeGreaterThan(10);
    expect(calls.filter((call) => call.error !== undefined)).toEqual([]);
  });

  it.each([50, 100, 150, 300])(
    "are replaced no more often where connects are refused for as long as they live (%d ms each)",
    async (half) => {
      for (let seed = 1; seed <= 12; seed++) {
        const random = seededRandom(seed);
        let up = true;
        const test: CutPool = cutPool(
          { maxSize: 5, random, acquireTimeout: 1_000 },
          {
            async create() {
              await tick(test.clock, up ? 5 + Math.floor(random() * 20) : 1);
              if (!up) throw new Error("ECONNREFUSED");
            },
          },
        );
        for (let at = 1_000; at < 14_000; at += 2 * half) {
          test.clock.setTimeout(() => ((up = false), test.cut()), at);
          test.clock.setTimeout(() => (up = true), at + half);
        }
        const began = test.clock.now();
        const calls = await load(test, 60, 18_000, undefined, () => tick(test.clock, 5 + Math.floor(random() * 30)));
        const during = test.starts.filter((at) => at >= began + 1_000 && at < began + 14_000);
        expect([seed, mostWithin(during, 1_000)]).toEqual([seed, expect.toSatisfy((most: number) => most <= 22)]);
        expect(during.length).toBeGreaterThan(50);
        expect(calls.filter(({ at, error }) => at > began + 14_300 + 500 && error !== undefined)).toEqual([]);
      }
    },
  );

  it("are no failure to connect: nobody is told that the backend is down", async () => {
    const test = cutPool({ maxSize: 4 });
    test.storm(50, 3_000);
    await load(test, 60, 3_000);
    expect(test.pool.stats.lastError).toBeUndefined();
    expect(test.pool.stats.totals.createFailed).toBe(0);
  });

  it("no longer slow anything a second after the last of them", async () => {
    const test = cutPool({ maxSize: 30, maxConnecting: 30 });
    test.storm(50, 3_000);
    await load(test, 60, 3_000); // and six seconds of quiet
    test.cut();
    await test.clock.advance(1_001);
    test.starts.length = 0;
    await borrow(test.pool, 30);
    expect(test.starts).toHaveLength(30);
  });
});

describe("a cut of all connections, once", () => {
  it("of young ones has eight opened at once, and the rest as soon as these stand", async () => {
    const test: CutPool = cutPool({ maxSize: 20, maxConnecting: 20 }, { create: () => tick(test.clock, 5) });
    const opening = borrow(test.pool, 20);
    await test.clock.advance(5);
    const first = await opening;
    test.cut();
    first.forEach((lease) => lease.release());
    test.starts.length = 0;
    const wait = watch(borrow(test.pool, 20));
    await test.clock.advance(0);
    expect(test.starts).toHaveLength(8);
    await test.clock.advance(20);
    expect(wait.state).toBe("resolved");
  });

  it("of idle ones that nobody has used yet is no sign that the backend is down", async () => {
    const test = cutPool({ maxSize: 20, maxConnecting: 20 });
    await test.pool.warm(20);
    test.cut();
    const wait = watch(borrow(test.pool, 8));
    await test.clock.advance(0);
    expect([wait.state, test.pool.stats.failures]).toEqual(["resolved", 0]);
  });

  it("of old ones slows nothing", async () => {
    const test = cutPool({ maxSize: 20, maxConnecting: 20 });
    const first = await borrow(test.pool, 20);
    await test.clock.advance(1_001);
    test.cut();
    first.forEach((lease) => lease.release());
    test.starts.length = 0;
    await borrow(test.pool, 20);
    expect(test.starts).toHaveLength(20);
  });
});

describe("what says nothing of the backend slows nothing", () => {
  const ends: Record<string, (test: CutPool) => Promise<void>> = {
    "a borrower who destroys what it has": async ({ pool }) => (await pool.acquire()).destroy(),
    "an eviction": async ({ pool }) => {
      (await pool.acquire()).release();
      pool.evict();
    },
    "the end of maxUses": async ({ pool }) => (await pool.acquire()).release(),
  };
  const options: Record<string, PoolOptions> = {
    "the end of maxUses": { maxUses: 1 },
  };

  it.each(Object.keys(ends))("%s", async (name) => {
    const test = cutPool({ maxSize: 5, ...options[name] });
    for (let i = 0; i < 50; i++) {
      await ends[name]?.(test);
      await test.clock.advance(1);
    }
    expect(test.starts).toHaveLength(50);
  });
});

it("a fatal error of a statement is such a death, whoever ends the lease", async () => {
  for (const end of ["release", "destroy"] as const) {
    const test = cutPool({ maxSize: 1 }, { isFatal: () => true });
    const use = async (): Promise<void> => {
      const lease = await test.pool.acquire();
      await lease.track("select", () => Promise.reject(new Error("ECONNRESET"))).catch(() => undefined);
      lease[end]();
    };
    for (let i = 0; i < 10; i++) await use();
    const wait = watch(hold(test.pool));
    await test.clock.advance(99);
    expect([end, wait.state]).toEqual([end, "pending"]);
    await test.clock.advance(1);
    expect(wait.state).toBe("resolved");
  }
});

/** However often all is cut: connects stay few, nobody is lost, and what is wanted afterwards is there. */
it.each([1, 2, 3, 4, 5, 6, 7, 8])("any mixture of cuts and loads keeps to the rate (seed %d)", async (seed) => {
  const random = seededRandom(seed);
  const maxSize = 1 + Math.floor(random() * 12);
  const test = cutPool(
    { maxSize, minIdle: Math.floor(random() * maxSize), random, acquireTimeout: 2_000 },
    { create: () => (random() < 0.3 ? tick(test.clock, Math.floor(random() * 40)) : undefined) },
  );
  for (let at = 0; at < 15_000; at += 1 + Math.floor(random() * 100)) test.clock.setTimeout(test.cut, at);
  const calls = await load(test, 20 + Math.floor(random() * 200), 15_000);
  const during = test.starts.filter((start) => start > 1_000 && start < 15_000);
  expect(during.length).toBeGreaterThan(10);
  expect(mostWithin(during, 1_000)).toBeLessThanOrEqual(26); // where it begins anew after a quiet second
  expect(calls.filter((call) => call.error !== undefined)).toEqual([]);
  const all = watch(borrow(test.pool, maxSize));
  await test.clock.advance(1_000);
  expect(all.state).toBe("resolved");
  expectCountsToAddUp(test.pool);
});

describe("deaths of a few among many", () => {
  const pools: Record<string, PoolOptions> = { "opened anew for each use": { maxUses: 1 }, "used again": {} };

  it.each(Object.keys(pools).flatMap((name) => [0.005, 0.05, 0.1].map((share) => [name, share] as const)))(
    "slow nothing (connections %s, a share of %d dies)",
    async (name, share) => {
      const random = seededRandom(share * 1_000);
      const test = cutPool(
        { maxSize: 20, maxConnecting: 20, random, acquireTimeout: 2_000, ...pools[name] },
        { isFatal: () => true, create: () => tick(test.clock, 2) },
      );
      const waits: number[] = [];
      const use = async (): Promise<void> => {
        const since = test.clock.now();
        using lease = await test.pool.acquire();
        waits.push(test.clock.now() - since);
        await tick(test.clock, 20);
        const dies = random() < share;
        await lease
          .track("select", () => (dies ? Promise.reject(new Error("57P01")) : Promise.resolve()))
          .catch(() => 0);
      };
      const work: Promise<void>[] = [];
      for (let n = 0; n < 3_000; n++) {
        work.push(use());
        await test.clock.advance(5);
      }
      await test.clock.advance(3_000);
      await Promise.all(work);
      expect(Math.max(...waits)).toBeLessThanOrEqual(10);
    },
  );
});

describe("a backend that greets and hangs up", () => {
  it("is down after three times, as one that refuses", async () => {
    const test = cutPool({}, { create: ({ lost }) => lost(new Error("hung up")) });
    const calls = await load(test, 10, 30_000, 5_000);
    expect(calls.filter(({ took }) => took > 1_000).length).toBeLessThanOrEqual(10);
    expect(test.starts.length).toBeLessThan(120);
  });

  it("is tried ever more rarely where only minIdle wants connections", async () => {
    const test: CutPool = cutPool({ minIdle: 2 });
    const cutSoon = (): void => void test.clock.setTimeout(() => (test.cut(), cutSoon()), 1);
    cutSoon();
    await test.clock.advance(30_000);
    test.starts.length = 0;
    await test.clock.advance(60_000);
    expect(test.starts.length).toBeLessThan(200);
  });
});
