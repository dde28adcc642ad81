import { describe, expect, it } from "vitest";
import { isPoolError } from "../../src/errors.js";
import type { PoolOptions } from "../../src/pool/options.js";
import { hang, hangUntilAborted, type FakeBehaviour } from "../support/fake-backend.js";
import { load, mostWithin } from "../support/load.js";
import { ManualClock } from "../support/manual-clock.js";
import { expectCountsToAddUp, hold, poolErrorOf, settle, testPool, watch, type TestPool } from "../support/pool.js";
import { seededRandom } from "../support/random.js";

const refused = (): never => {
  throw new Error("ECONNREFUSED");
};

/** A pool whose backend refuses, and when its connects started. */
function refusing(options: PoolOptions): TestPool & { readonly starts: readonly number[] } {
  const starts: number[] = [];
  const clock = new ManualClock();
  const create = (): never => {
    starts.push(clock.now());
    return refused();
  };
  return { ...testPool({ clock, ...options }, { create }), starts };
}

describe("while connects fail", () => {
  it.each([0, 0.5, 0.999])(
    "never connects more than 20 times a second at 1000 acquires a second (chance %d)",
    async (chance) => {
      const test = refusing({ random: () => chance, acquireTimeout: 1_000 });
      const calls = await load(test, 1_000, 10_000);
      expect(mostWithin(test.starts, 1_000)).toBeLessThanOrEqual(20);
      expect(test.starts.length).toBeGreaterThan(10);
      expect(calls.every((call) => isPoolError(call.error))).toBe(true);
      expect(test.pool.stats.waiting).toBe(0);
      expectCountsToAddUp(test.pool);
    },
  );

  it("waits longer after each failure: from 50 ms up to 400 ms while somebody wants a connection", async () => {
    const test = refusing({ acquireTimeout: 60_000, maxConnecting: 1 });
    await load(test, 20, 4_000);
    const pauses = test.starts.slice(1).map((at, i) => at - (test.starts[i] ?? 0));
    expect(pauses[0]).toBeGreaterThanOrEqual(50);
    expect(pauses[0]).toBeLessThanOrEqual(100);
    expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0);
    for (const pause of pauses.slice(4)) {
      expect(pause).toBeGreaterThanOrEqual(400);
      expect(pause).toBeLessThanOrEqual(450);
    }
  });

  it("shortens each pause by up to half at random", async () => {
    const secondStart = async (chance: number): Promise<number> => {
      const test = refusing({ random: () => chance });
      watch(test.pool.acquire());
      await test.clock.advance(100);
      return (test.starts[1] ?? 0) - (test.starts[0] ?? 0);
    };
    expect(await secondStart(0)).toBe(50);
    expect(Math.abs((await secondStart(0.5)) - 37.5)).toBeLessThanOrEqual(1); // its timer has a granularity of 1 ms
    expect(await secondStart(0.999)).toBeLessThan(27);
  });

  it("tries every five seconds at the most where only minIdle wants connections", async () => {
    const test = refusing({ minIdle: 2 });
    await test.clock.advance(60_000);
    const pauses = test.starts.slice(1).map((at, i) => at - (test.starts[i] ?? 0));
    expect(Math.max(...pauses)).toBe(5_000);
    expect(test.starts.length).toBeLessThan(25);
  });

  it("tries at all only as long as somebody wants a connection", async () => {
    const { pool, clock, backend } = testPool({ acquireTimeout: 100 }, { create: refused });
    const wait = watch(pool.acquire());
    await clock.advance(200);
    expect(wait.state).toBe("rejected");
    const before = backend.connects;
    await clock.advance(60_000);
    expect(backend.connects).toBe(before);
  });

  it("tries one at a time", async () => {
    const { pool, clock, backend } = testPool(
      { maxConnecting: 5 },
      { create: (context, attempt) => (attempt <= 5 ? refused() : hangUntilAborted(context.signal)) },
    );
    for (let i = 0; i < 5; i++) watch(pool.acquire());
    await settle();
    expect(backend.connects).toBe(5);
    for (let i = 0; i < 5; i++) watch(pool.acquire());
    await clock.advance(350);
    expect(backend.connecting).toBeLessThanOrEqual(1);
  });
});

describe("UNAVAILABLE", () => {
  it("is told to those who wait after the third failure in a row, with its cause", async () => {
    const { pool, clock, backend } = testPool({ maxConnecting: 1 }, { create: refused });
    const wait = watch(pool.acquire());
    await clock.advance(51);
    expect(backend.connects).toBe(2);
    expect(wait.state).toBe("pending");
    await clock.advance(101);
    expect(backend.connects).toBe(3);
    expect(wait.error).toMatchObject({
      code: "UNAVAILABLE",
      message:
        'pool "test": fake is unavailable, the last 3 connects failed: pool "test": opening a fake resource failed: ECONNREFUSED',
      cause: { code: "CONNECT_FAILED", cause: { message: "ECONNREFUSED" } },
    });
    expect(pool.stats).toMatchObject({ failures: 3, waiting: 0, totals: { refused: 1, createFailed: 3 } });
  });

  it("is not told to who came after the connect that failed had started: the backend may be back", async () => {
    let down = true;
    const { pool, clock, backend } = testPool(
      { maxSize: 1 },
      { create: (context) => (down ? hangUntilAborted(context.signal) : undefined) },
    );
    const early = watch(pool.acquire({ timeout: Infinity }));
    await clock.advance(14_000);
    expect([backend.connects, pool.stats.failures, early.state]).toEqual([3, 2, "pending"]);
    down = false;
    await clock.advance(500);
    const late = watch(pool.acquire());
    await clock.advance(1_000); // the third connect ends, and a fourth begins
    expect(early.error).toMatchObject({ code: "UNAVAILABLE" });
    expect(late.state).toBe("resolved");
    expect(pool.stats).toMatchObject({ failures: 0, totals: { refused: 1 } });
  });

  it("is told at once to who comes during a pause, and not once a try is due", async () => {
    const { pool, clock, backend } = testPool({ maxConnecting: 1 }, { create: refused });
    watch(pool.acquire());
    await clock.advance(200);
    await poolErrorOf(pool.acquire(), "UNAVAILABLE");
    expect(backend.connects).toBe(3);
    await clock.advance(1_000);
    const wait = watch(pool.acquire());
    expect(backend.connects).toBe(4);
    await settle();
    expect(wait.error).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is not told while something is open: it may come free", async () => {
    let down = false;
    const { pool, clock, backend } = testPool({ maxSize: 2 }, { create: () => (down ? refused() : undefined) });
    const lease = await pool.acquire();
    down = true;
    const wait = watch(pool.acquire());
    await clock.advance(5_000);
    expect(backend.connects).toBeGreaterThan(4);
    expect(wait.state).toBe("pending");
    lease.release();
    await settle();
    expect(wait.value?.resource.id).toBe(1);
  });

  it("is over with the first connect that succeeds", async () => {
    let down = true;
    const { pool, clock } = testPool({}, { create: () => (down ? refused() : undefined) });
    watch(pool.acquire());
    await clock.advance(500);
    down = false;
    await clock.advance(500);
    const wait = watch(pool.acquire());
    await settle();
    expect(wait.state).toBe("resolved");
    expect(pool.stats).toMatchObject({ failures: 0, lastError: undefined });
  });

  it("names the last failure in the stats until then", async () => {
    const { pool, clock } = testPool({}, { create: refused });
    watch(pool.acquire());
    await clock.advance(1_000);
    expect(pool.stats.lastError).toMatchObject({ code: "CONNECT_FAILED", cause: { message: "ECONNREFUSED" } });
  });
});

describe("when the backend is back", () => {
  const faults: Record<string, FakeBehaviour["create"]> = {
    refuses: refused,
    "hangs and listens to its signal": (context) => hangUntilAborted(context.signal),
    "hangs and ignores its signal": hang,
  };
  const spans = [300, 900, 1_700, 3_100, 4_900, 7_300, 12_000];

  describe.each(Object.keys(faults))("that %s", (name) => {
    it.each(spans)("every acquire started more than a second after a fault of %d ms succeeds", async (span) => {
      let down = true;
      const test = testPool(
        { maxSize: 5, acquireTimeout: 1_000 },
        { create: (context, attempt) => (down ? faults[name]?.(context, attempt) : undefined) },
      );
      const back = test.clock.now() + span;
      test.clock.setTimeout(() => (down = false), span);
      const calls = await load(test, 60, span + 4_000);
      const late = calls.filter((call) => call.at > back + 1_000);
      expect(late.length).toBeGreaterThan(100);
      expect(late.filter((call) => call.error !== undefined)).toEqual([]);
      expect(Math.max(...late.map((call) => call.took))).toBeLessThanOrEqual(1_000);
      expectCountsToAddUp(test.pool);
    });

    it.each(spans)("a single acquire after %d ms of fault and an idle second succeeds", async (span) => {
      let down = true;
      const { pool, clock } = testPool(
        { maxSize: 5, acquireTimeout: 1_000 },
        { create: (context, attempt) => (down ? faults[name]?.(context, attempt) : undefined) },
      );
      watch(pool.acquire());
      watch(pool.acquire());
      await clock.advance(span);
      down = false;
      await clock.advance(1_001);
      const wait = watch(pool.acquire());
      await clock.advance(1_000);
      expect(wait.state).toBe("resolved");
    });
  });

  it("a load of a thousand a second is served again within a second", async () => {
    let down = true;
    const random = seededRandom(7);
    const test = testPool({ random }, { create: () => (down ? refused() : undefined) });
    test.clock.setTimeout(() => (down = false), 3_333);
    const back = test.clock.now() + 3_333;
    const calls = await load(test, 1_000, 6_000);
    expect(calls.filter((call) => call.at > back + 1_000 && call.error !== undefined)).toEqual([]);
  });

  it("a pool that nobody used meanwhile fills up to minIdle within five seconds", async () => {
    let down = true;
    const { pool, clock } = testPool({ minIdle: 2 }, { create: () => (down ? refused() : undefined) });
    await clock.advance(100_000);
    down = false;
    await clock.advance(5_001);
    expect(pool.stats.idle).toBe(2);
  });
});

describe("an error of the backend while something works", () => {
  it("of one connect costs nobody else anything", async () => {
    const { pool } = testPool(
      { maxSize: 3 },
      { create: (_context, attempt) => (attempt === 2 ? refused() : undefined) },
    );
    const first = await hold(pool);
    const wait = watch(pool.acquire());
    await settle();
    expect(wait.state).toBe("pending");
    first.release();
    await settle();
    expect(wait.state).toBe("resolved");
  });
});
