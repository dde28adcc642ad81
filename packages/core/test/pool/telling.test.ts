import { channel, tracingChannel, type TracingChannel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { onEvent } from "../../src/on-event.js";
import { gate } from "../support/fake-backend.js";
import { borrow, errorOf, expectCountsToAddUp, hold, poolErrorOf, settle, testPool, watch } from "../support/pool.js";

const MOMENTS = ["lease", "release", "close", "timeout", "refuse", "leak", "state"] as const;
const TRACED = ["acquire", "create", "validate", "reset", "query"] as const;

let stop: (() => void) | undefined;

/** Records every event of a pool as `[name, what it carries]`. Traced ones as their start and end. */
function recordEvents(): [string, Record<string, unknown>][] {
  const seen: [string, Record<string, unknown>][] = [];
  listenToAll((name, event) => void seen.push([name, { ...event }]));
  return seen;
}

function listenToAll(heard: (name: string, event: object) => void): void {
  const undo: (() => void)[] = [];
  const listen = (name: string, into: string): void => {
    const listener = (event: unknown): void => heard(into, event as object);
    channel(name).subscribe(listener);
    undo.push(() => channel(name).unsubscribe(listener));
  };
  for (const name of MOMENTS) listen(`pool:${name}`, name);
  for (const name of TRACED) {
    listen(`tracing:pool:${name}:start`, `${name} starts`);
    listen(`tracing:pool:${name}:asyncEnd`, `${name} ends`);
    listen(`tracing:pool:${name}:error`, `${name} fails`);
  }
  stop = () => {
    for (const each of undo) each();
  };
}

afterEach(() => {
  stop?.();
  stop = undefined;
});

describe("an acquire timeout", () => {
  it("says who, how long, the counts and the holders", async () => {
    const { pool, clock } = testPool(
      { maxSize: 2, acquireTimeout: 2_000 },
      { status: (resource) => resource.status, reset: () => undefined },
    );
    const first = await pool.acquire({ label: "checkout" });
    first.resource.status = { inTransaction: true };
    await clock.advance(1_000);
    const second = await pool.acquire();
    const work = gate();
    const tracked = first.track("UPDATE stock SET n = n - 1 WHERE id = 7", () => work.promise);
    await clock.advance(40);
    work.resolve();
    await tracked;
    const failed = poolErrorOf(pool.acquire({ label: "report" }), "ACQUIRE_TIMEOUT");
    await clock.advance(2_000);
    const error = await failed;
    expect(error.message).toBe(
      'pool "test" had nothing free for "report" within 2000 ms (2 leased, 0 idle, 0 connecting, 1 waiting, of at most 2); ' +
        'holders: "checkout" held 3040 ms, busy 40 ms, in a transaction, last UPDATE stock SET n = n - ? WHERE id = ?; ' +
        "lease 2 held 2040 ms, busy 0 ms",
    );
    expect(error.details).toMatchObject({
      pool: "test",
      label: "report",
      timeout: 2_000,
      waitedMs: 2_000,
      leased: 2,
      waiting: 1,
      maxSize: 2,
      holders: [
        { label: "checkout", heldMs: 3_040, busyMs: 40, inTransaction: true },
        { leaseId: 2, heldMs: 2_040 },
      ],
    });
    first.release();
    second.release();
  });

  it("names three holders, and how many more there are", async () => {
    const { pool, clock } = testPool({ maxSize: 5, acquireTimeout: 100 });
    const leases = await borrow(pool, 5);
    const failed = poolErrorOf(pool.acquire(), "ACQUIRE_TIMEOUT");
    await clock.advance(150);
    const error = await failed;
    expect(error.message).toMatch(/holders: lease 1 .*; lease 2 .*; lease 3 .*; and 2 more$/);
    expect(error.details.holders).toHaveLength(5);
    for (const lease of leases) lease.release();
  });

  it("names the last connect failure where there was one, and has it as its cause", async () => {
    const refused = new Error("too many clients already");
    const { pool, clock } = testPool(
      { maxSize: 2, acquireTimeout: 100 },
      { create: (_context, attempt) => (attempt === 1 ? undefined : Promise.reject(refused)) },
    );
    const lease = await pool.acquire();
    const failed = poolErrorOf(pool.acquire(), "ACQUIRE_TIMEOUT");
    await clock.advance(150);
    const error = await failed;
    expect(error.message).toContain(
      '; the last connect failed: pool "test": opening a fake resource failed: too many clients already; holders: ',
    );
    expect(error.cause).toMatchObject({ code: "CONNECT_FAILED", cause: refused });
    lease.release();
  });

  it("has no stack to pay for, and each caller an error of their own", async () => {
    const { pool, clock } = testPool({ maxSize: 1, acquireTimeout: 100 });
    const lease = await pool.acquire();
    const failed = [errorOf(pool.acquire({ label: "a" })), errorOf(pool.acquire({ label: "b" }))];
    await clock.advance(150);
    const [first, second] = (await Promise.all(failed)) as Error[];
    expect(first).not.toBe(second);
    expect(first?.message).toContain('for "a"');
    expect(first?.stack).not.toContain("\n    at ");
    expect(new Error("still").stack).toContain("\n    at ");
    lease.release();
  });
});

describe("a refusal", () => {
  it("tells of each holder's statement as it is then", async () => {
    const { pool } = testPool({ maxSize: 1, maxWaiting: 0 });
    await pool.warm();
    const lease = await pool.acquire();
    for (const name of ["first", "first", "second"]) {
      await lease.track(`SELECT ${name} FROM t WHERE id = 7`, async () => undefined);
      const error = await poolErrorOf(pool.acquire(), "QUEUE_FULL");
      expect(error.details.holders).toMatchObject([{ lastStatement: `SELECT ${name} FROM t WHERE id = ?` }]);
    }
    lease.release();
  });

  it("costs no more where what is held runs long statements", async () => {
    const { pool } = testPool({ maxSize: 20, maxWaiting: 0 });
    await pool.warm(20);
    const leases = await borrow(pool, 20);
    const statement = `INSERT INTO t VALUES ${"('abc', 1), ".repeat(4_000)}`;
    for (const lease of leases) await lease.track(statement, async () => undefined);
    const start = performance.now();
    for (let i = 0; i < 100; i++) await errorOf(pool.acquire());
    expect(performance.now() - start).toBeLessThan(1_000); // takes 2 ms; with every statement read for each it would be 3 s
    for (const lease of leases) lease.release();
  });
});

describe("events", () => {
  it("tell of an acquire with its connect, its lease, its statement, its release and its close", async () => {
    const { pool, clock } = testPool({}, { reset: () => undefined, status: (resource) => resource.status });
    const seen = recordEvents();
    const lease = await pool.acquire({ label: "checkout" });
    await clock.advance(30);
    lease.resource.status = { inTransaction: true };
    const work = gate<{ rowCount: number }>();
    const tracked = lease.track("SELECT 'secret'", () => work.promise);
    await clock.advance(12);
    work.resolve({ rowCount: 3 });
    await tracked;
    lease.release();
    await settle();
    await pool.close();
    expect(seen.map(([name]) => name)).toEqual([
      "acquire starts",
      "create starts",
      "create ends",
      "lease",
      "acquire ends",
      "query starts",
      "query ends",
      "release",
      "reset starts",
      "reset ends",
      "state",
      "close",
      "state",
    ]);
    const of = (name: string): Record<string, unknown> | undefined => seen.find(([each]) => each === name)?.[1];
    expect(of("acquire ends")).toMatchObject({ pool: "test", label: "checkout", waiting: 0, leaseId: 1 });
    expect(of("create starts")).toEqual({ pool: "test", kind: "fake", resourceId: 1, attempt: 0 });
    const leasedAt = expect.any(Number) as number;
    expect(of("lease")).toEqual({ pool: "test", leaseId: 1, resourceId: 1, label: "checkout", waitedMs: 0, leasedAt });
    expect(of("query ends")).toMatchObject({
      pool: "test",
      leaseId: 1,
      label: "checkout",
      statement: "SELECT 'secret'",
      rowCount: 3,
    });
    expect(of("release")).toEqual({
      pool: "test",
      leaseId: 1,
      resourceId: 1,
      label: "checkout",
      heldMs: 42,
      busyMs: 12,
      openTransaction: true,
      destroyed: false,
      releasedAt: expect.any(Number) as number,
    });
    expect(of("reset starts")).toEqual({ pool: "test", resourceId: 1, inTransaction: true });
    expect(of("close")).toEqual({
      pool: "test",
      resourceId: 1,
      reason: "pool-closed",
      ageMs: 42,
      uses: 1,
      cause: undefined,
    });
    expect(seen.filter(([name]) => name === "state").map(([, event]) => event.state)).toEqual(["draining", "closed"]);
  });

  it("tell how long a caller waited", async () => {
    const { pool, clock } = testPool({ maxSize: 1 });
    const seen = recordEvents();
    const first = await pool.acquire();
    const next = pool.acquire();
    await clock.advance(250);
    first.release();
    (await next).release();
    expect(seen.filter(([name]) => name === "lease").map(([, event]) => event.waitedMs)).toEqual([0, 250]);
  });

  it("tell of timeouts with their holders, one for each caller", async () => {
    const { pool, clock } = testPool({ maxSize: 1, acquireTimeout: 100 });
    const seen = recordEvents();
    const lease = await pool.acquire({ label: "slow" });
    watch(pool.acquire({ label: "a" }));
    watch(pool.acquire({ label: "b" }));
    await clock.advance(150);
    const timeouts = seen.filter(([name]) => name === "timeout").map(([, event]) => event);
    expect(timeouts).toMatchObject([
      { pool: "test", label: "a", waitedMs: 100, holders: [{ label: "slow", heldMs: 100 }] },
      { label: "b" },
    ]);
    lease.release();
  });

  it("tell of a timeout a listener who may do as it likes: borrow, give back, close, and have stacks in its errors", async () => {
    const { pool, clock } = testPool({ maxSize: 1, acquireTimeout: 100 });
    const lease = await pool.acquire();
    const waits = ["a", "b", "c"].map((label) => watch(pool.acquire({ label })));
    const heard: unknown[] = [];
    const again: ReturnType<typeof watch>[] = [];
    let stack: string | undefined;
    listenToAll((name, event) => {
      if (name !== "timeout") return;
      heard.push((event as { label?: string }).label);
      stack = new Error("seen").stack;
      expectCountsToAddUp(pool);
      if (heard.length === 1) again.push(watch(pool.acquire({ label: "again" })));
      if (heard.length === 2) lease.release();
    });
    await clock.advance(150);
    // The last of them was still in the queue when something came free.
    expect(heard).toEqual(["a", "b"]);
    expect(stack).toContain("\n    at ");
    expect(waits.map(({ state }) => state)).toEqual(["rejected", "rejected", "resolved"]);
    expect(again.map(({ state }) => state)).toEqual(["pending"]);
  });

  it("tell of a caller who would not wait and got nothing as of a timeout, as the totals do", async () => {
    const { pool } = testPool();
    const seen = recordEvents();
    await errorOf(pool.acquire({ timeout: 0, label: "quick" }));
    expect(seen.map(([name]) => name).filter((name) => name === "timeout" || name === "refuse")).toEqual(["timeout"]);
    expect(pool.stats.totals).toMatchObject({ timedOut: 1, refused: 0 });
  });

  it("tell of refusals with their code", async () => {
    const { pool } = testPool({ maxSize: 1, maxWaiting: 0 });
    await pool.warm();
    const seen = recordEvents();
    const lease = await pool.acquire();
    await errorOf(pool.acquire({ label: "too many" }));
    lease.release();
    await pool.close();
    await errorOf(pool.acquire());
    const codes = seen.filter(([name]) => name === "refuse").map(([, event]) => event.code);
    expect(codes).toEqual(["QUEUE_FULL", "POOL_CLOSED"]);
  });

  it("tell of validations, and whether they only keep alive", async () => {
    const { pool, clock } = testPool(
      { keepAliveInterval: 3_000 },
      {
        validate: (_resource, _signal) => {
          if (failing) throw new Error("dead");
        },
      },
    );
    let failing = false;
    const seen = recordEvents();
    (await pool.acquire()).release();
    await clock.advance(2_000);
    (await pool.acquire()).release();
    await clock.advance(3_000);
    failing = true;
    await clock.advance(3_000);
    expect(seen.filter(([name]) => name === "validate starts").map(([, event]) => event.keepAlive)).toEqual([
      false,
      true,
      true,
    ]);
    expect(seen.find(([name]) => name === "validate fails")?.[1]).toMatchObject({ error: { code: "VALIDATE_FAILED" } });
    expect(seen.filter(([name]) => name === "close").map(([, event]) => event)).toMatchObject([
      { reason: "validate-failed", cause: { message: expect.stringContaining("dead") as string } },
    ]);
  });

  it("tell of failed connects with the failures before them", async () => {
    const { pool, clock } = testPool({ maxConnecting: 1 }, { create: () => Promise.reject(new Error("refused")) });
    const seen = recordEvents();
    watch(pool.acquire());
    await clock.advance(60);
    expect(seen.filter(([name]) => name === "create starts").map(([, event]) => event.attempt)).toEqual([0, 1]);
    expect(seen.find(([name]) => name === "create fails")?.[1]).toMatchObject({ error: { message: "refused" } });
  });

  it("are built for listeners only", async () => {
    const publish = MOMENTS.map((name) => vi.spyOn(channel(`pool:${name}`), "publish"));
    const trace = vi.spyOn(Object.getPrototypeOf(tracingChannel("any")) as TracingChannel, "tracePromise");
    const { pool, clock } = testPool(
      { maxSize: 1, acquireTimeout: 100, keepAliveInterval: 1_000, leakAfter: 2_000 },
      { validate: () => undefined, reset: () => undefined },
    );
    const lease = await pool.acquire();
    await lease.track("SELECT 1", async () => undefined);
    watch(pool.acquire());
    await clock.advance(4_000);
    lease.release();
    await clock.advance(4_000);
    await pool.close();
    await errorOf(pool.acquire());
    for (const spy of [...publish, trace]) expect(spy).not.toHaveBeenCalled();
    recordEvents();
    const other = testPool();
    (await other.pool.acquire()).release();
    expect(publish[0]).toHaveBeenCalledOnce();
    expect(trace).toHaveBeenCalled();
  });

  it("tell of a close a listener who may call off the last wait: what was to be lent is idle again, and not lent to nobody", async () => {
    const check = gate();
    const { pool, clock } = testPool(
      { maxSize: 2, maxLifetime: 5_000, idleTimeout: "never", reuse: "fifo" },
      { validate: () => check.promise },
    );
    const first = await pool.acquire();
    await clock.advance(2_000);
    const second = await pool.acquire();
    first.release();
    second.release();
    await clock.advance(1_500);
    const controller = new AbortController();
    const wait = watch(pool.acquire({ signal: controller.signal }));
    await settle();
    // The second is being checked, and the first grows too old meanwhile.
    clock.jump(1_600);
    using _ = onEvent("pool:close", () => controller.abort(new Error("called off")));
    check.resolve();
    await settle();
    expect(wait).toMatchObject({ state: "rejected", error: { message: "called off" } });
    expect(pool.stats).toMatchObject({ size: 1, idle: 1, leased: 0, waiting: 0 });
    expectCountsToAddUp(pool);
    expect((await pool.acquire()).resource.id).toBe(2);
  });

  it("of a listener that throws do the pool no harm", async () => {
    const seen: unknown[] = [];
    const noted = (error: Error): void => void seen.push(error.message);
    const previous = process.rawListeners("uncaughtException") as ((error: Error) => void)[];
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", noted);
    const bad = (): void => {
      throw new Error("a bad listener");
    };
    channel("pool:release").subscribe(bad);
    try {
      const { pool } = testPool({ maxSize: 1 });
      (await pool.acquire()).release();
      const lease = await pool.acquire();
      expect(lease.resource.id).toBe(1);
      lease.release();
      await settle();
      expect(pool.stats).toMatchObject({ idle: 1, leased: 0 });
    } finally {
      channel("pool:release").unsubscribe(bad);
      process.removeListener("uncaughtException", noted);
      for (const listener of previous) process.on("uncaughtException", listener);
    }
    expect(seen).toEqual(["a bad listener", "a bad listener"]);
  });
});

describe("stats", () => {
  it("are all there, and a snapshot", async () => {
    const { pool } = testPool();
    const before = pool.stats;
    expect(before).toMatchObject({
      state: "open",
      maxSize: 10,
      size: 0,
      idle: 0,
      leased: 0,
      connecting: 0,
      validating: 0,
      resetting: 0,
      closing: 0,
      waiting: 0,
      generation: 1,
      failures: 0,
      lastError: undefined,
    });
    (await pool.acquire()).release();
    expect(before.size).toBe(0);
    expect(before.totals.acquired).toBe(0);
    expect(pool.stats.totals).toMatchObject({ acquired: 1, released: 1, created: 1, closed: 0 });
  });

  it("name the pool and its kind", () => {
    const { pool } = testPool();
    expect([pool.name, pool.kind]).toEqual(["test", "fake"]);
  });

  it("add up for whoever hears of an event", async () => {
    const { pool, clock } = testPool(
      { maxSize: 2, acquireTimeout: 500, leakAfter: 1_000, reclaimAfter: 5_000, validateIfIdleFor: 500 },
      { validate: () => undefined, reset: () => undefined, status: (resource) => resource.status },
    );
    const wrong: unknown[] = [];
    const heard = new Set<string>();
    listenToAll((name) => {
      heard.add(name);
      try {
        expectCountsToAddUp(pool);
      } catch (error) {
        wrong.push(`${name}: ${(error as Error).message}`);
      }
    });
    const [first, second] = await borrow(pool, 2);
    watch(pool.acquire());
    await clock.advance(2_000);
    first?.release();
    second?.destroy();
    await clock.advance(2_000);
    await hold(pool);
    await clock.advance(6_000);
    const closing = pool.close();
    await clock.advance(5_000);
    await closing;
    watch(pool.acquire());
    for (const name of MOMENTS) expect(heard).toContain(name);
    expect(pool.stats.totals).toMatchObject({ acquired: 3, released: 1, destroyed: 2 });
    expect(wrong).toEqual([]);
  });

  it("add up whatever happens to a resource", async () => {
    const closed = gate();
    const { pool, clock, backend } = testPool(
      { maxSize: 6, maxIdle: 3 },
      { validate: () => undefined, reset: () => undefined, close: () => closed.promise },
    );
    const leases = await borrow(pool, 6);
    expectCountsToAddUp(pool);
    leases[0]?.release();
    leases[1]?.destroy();
    leases[2]?.resource.lost();
    leases[2]?.release();
    expectCountsToAddUp(pool);
    expect(pool.stats).toMatchObject({ resetting: 1, closing: 2, leased: 3 });
    await clock.advance(2_000);
    watch(pool.acquire());
    pool.evict();
    expectCountsToAddUp(pool);
    for (const lease of leases) lease.release();
    closed.resolve();
    await clock.advance(5_000);
    expectCountsToAddUp(pool);
    const closing = pool.close();
    await clock.advance(3_000);
    await closing;
    expectCountsToAddUp(pool);
    expect(backend.live).toBe(0);
    expect(pool.stats).toMatchObject({ size: 0, totals: { created: pool.stats.totals.closed } });
  });
});
