import { PoolError, trackStatement } from "@pool/core";
import { expect, test } from "vitest";
import { diffSnapshots, type MonitorSnapshot } from "../src/index.js";
import { memoryLogger, named, testMonitor, thingPool } from "./support/watched-pool.js";

test("shows of each pool what it is doing, how long things take, and who holds what", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 2, stacks: "all" });
  const first = await pool.acquire({ label: "checkout" });
  const second = await pool.acquire();
  const waiting = pool.acquire({ label: "late" });
  await clock.advance(200);
  second.release();
  const third = await waiting;
  const work = Promise.withResolvers<{ rowCount: number }>();
  const running = third.track("select * from cart where id = 7", () => work.promise);
  await clock.advance(40);
  work.resolve({ rowCount: 3 });
  await running;
  await clock.advance(60);

  const shown = named(monitor.snapshot().pools, "main");
  expect(shown).toMatchObject({
    kind: "thing",
    instances: 1,
    utilisation: 1,
    limits: { maxSize: 2, maxIdle: 2, minIdle: 0, maxWaiting: 500 },
    stats: {
      state: "open",
      leased: 2,
      idle: 0,
      size: 2,
      waiting: 0,
      lastError: null,
      totals: { acquired: 3, released: 1 },
    },
    wait: { count: 3, max: 200 },
    hold: { count: 1, max: 200 },
    use: { count: 1, max: 0 },
    create: { count: 2 },
    statement: { count: 1, max: 40 },
    recent: { acquired: 3, created: 2, statements: 1, errors: 0, timeouts: 0 },
    sums: { acquired: 3, released: 1, waitedMs: 200, heldMs: 200, statementMs: 40, rows: 3 },
  });
  expect(shown.holders).toMatchObject([
    { label: "checkout", heldMs: 300, busyMs: 0, lastStatement: null, inTransaction: false, leak: false },
    { label: "late", heldMs: 100, busyMs: 40, lastStatement: "select * from cart where id = ?" },
  ]);
  expect(shown.holders[0]?.acquiredAt).toContain("monitor.test.ts");
  first.release();
  third.release();
});

test("is JSON through and through, without a value of any statement", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxWaiting: Infinity });
  await pool.use((_, lease) => lease.track("select 'secret' where id = 4213371", async () => ({ rowCount: 1 })));
  const bad = pool.use((_, lease) =>
    lease.track("select 'secret'", () => Promise.reject(new Error('bad value: "secret"'))),
  );
  await expect(bad).rejects.toThrow("secret");
  await clock.advance(2_500);
  const snapshot = monitor.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(JSON.stringify(snapshot)).not.toMatch(/secret|4213371/);
  expect(named(snapshot.pools, "main").limits.maxWaiting).toBeNull();
});

test("statements are counted by shape, with who ran them, their rows and errors by class", async () => {
  const { monitor, clock } = testMonitor({ slowAfter: 1_000 });
  const pool = thingPool(clock);
  const run = (statement: string, ms: number, label?: string, error?: Error): Promise<unknown> =>
    pool.use(async (_, lease) => {
      const work = async (): Promise<{ rowCount: number }> => {
        clock.jump(ms);
        if (error !== undefined) throw error;
        return { rowCount: 2 };
      };
      await lease.track(statement, work, label).catch(() => undefined);
    });
  await run("select 1", 10, "web");
  await run("SELECT 2", 30, "web");
  await run("select 3", 1_500, "report");
  await run("update t set a = 1", 5, undefined, new PoolError("QUERY_TIMEOUT", "late"));
  await trackStatement("cache", "GET", "web", async () => undefined);
  const { statements, pools, shared, slowStatements } = monitor.snapshot();
  expect(statements.rows).toMatchObject([
    {
      pool: "main",
      text: "select ?",
      count: 3,
      errors: 0,
      slow: 1,
      rows: 6,
      totalMs: 1_540,
      time: { count: 3, max: 1_500 },
      labels: [
        { label: "web", count: 2 },
        { label: "report", count: 1 },
      ],
    },
    { text: "update t set a = ?", count: 1, errors: 1, errorsByClass: { timeout: 1 }, labels: [] },
    { pool: "cache", text: "GET" },
  ]);
  expect(named(pools, "main")).toMatchObject({
    recent: { statements: 4, errors: 1, slow: 1 },
    sums: { errorsByClass: { timeout: 1 } },
  });
  expect(shared).toMatchObject([{ name: "cache", recent: { statements: 1 }, sums: { statements: 1 } }]);
  expect(slowStatements).toMatchObject([
    { text: "select ?", label: "report", durationMs: 1_500, slow: true, rows: 2, error: null },
  ]);
});

test("what falls out of the table of statements is counted, and the costly ones stay", async () => {
  const { monitor, clock } = testMonitor({ statements: 20 });
  const pool = thingPool(clock);
  const lease = await pool.acquire();
  const run = (statement: string, ms: number): Promise<void> => lease.track(statement, async () => clock.jump(ms));
  await run("select costly", 5_000);
  for (let n = 0; n < 500; n++) await run(`select cheap_${n}`, 1);
  lease.release();
  const { rows, others } = monitor.snapshot().statements;
  expect(rows.length).toBeLessThanOrEqual(20);
  expect(rows[0]).toMatchObject({ text: "select costly", totalMs: 5_000 });
  expect(others.count + rows.reduce((sum, { count }) => sum + count, 0)).toBe(501);
  expect(others.totalMs + rows.reduce((sum, { totalMs }) => sum + totalMs, 0)).toBe(5_500);
});

test("tells open transactions by their age, and since when, to a second", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock);
  const [old, young] = [await pool.acquire({ label: "old" }), await pool.acquire({ label: "young" })];
  old.resource.inTransaction = true;
  await clock.advance(10_000);
  young.resource.inTransaction = true;
  await clock.advance(3_000);
  const [first, second] = named(monitor.snapshot().pools, "main").transactions;
  expect([first?.label, second?.label]).toEqual(["old", "young"]);
  expect(first?.transactionMs).toBeGreaterThanOrEqual(12_000);
  expect(second?.transactionMs).toBeGreaterThanOrEqual(2_000);
  expect(second?.transactionMs).toBeLessThanOrEqual(3_000);
  old.resource.inTransaction = false;
  await clock.advance(1_000);
  expect(named(monitor.snapshot().pools, "main").transactions).toMatchObject([{ label: "young" }]);
  young.release();
  old.release();
  await clock.advance(1_000);
  expect(named(monitor.snapshot().pools, "main")).toMatchObject({ transactions: [], sums: { openTransactions: 1 } });
});

test("keeps a point a second for as long as the history reaches", async () => {
  const { monitor, clock } = testMonitor({ history: "10s" });
  const pool = thingPool(clock, { maxSize: 4 });
  const held: { release(): void }[] = [];
  for (let second = 0; second < 3; second++) {
    held.push(await pool.acquire());
    await clock.advance(1_000);
  }
  const series = monitor.snapshot().series.main;
  expect(series).toMatchObject({
    stepMs: 1_000,
    leased: [1, 2, 3],
    limit: [4, 4, 4],
    acquired: [1, 1, 1],
    waiting: [0, 0, 0],
  });
  for (const lease of held) lease.release();
  await clock.advance(1_000);
  expect(monitor.snapshot().points.main).toMatchObject({
    leased: 0,
    idle: 3,
    acquired: 0,
    holdP95: expect.any(Number) as number,
  });
  expect(monitor.snapshot().series.main?.holdP99.at(-1)).toBeGreaterThan(2_800);
  await clock.advance(20_000);
  expect(monitor.snapshot().series.main?.times).toHaveLength(10);
  expect(monitor.snapshot({ series: false }).series).toEqual({});
});

test("forgets what is older than the window", async () => {
  const { monitor, clock } = testMonitor({ window: "30s" });
  const pool = thingPool(clock);
  await pool.use(() => clock.jump(500));
  await clock.advance(10_000);
  expect(named(monitor.snapshot().pools, "main").hold.count).toBe(1);
  await clock.advance(60_000);
  expect(named(monitor.snapshot().pools, "main")).toMatchObject({
    hold: { count: 0 },
    recent: { acquired: 0 },
    sums: { acquired: 1, heldMs: 500 },
  });
});

test("tells its subscribers once a second, until they have had enough", async () => {
  const { monitor, clock } = testMonitor();
  thingPool(clock);
  const ticks: MonitorSnapshot[] = [];
  {
    using _ = monitor.subscribe((tick) => ticks.push(tick));
    await clock.advance(3_000);
  }
  await clock.advance(3_000);
  expect(ticks).toHaveLength(3);
  expect(ticks[0]).toMatchObject({ series: {}, pools: [{ name: "main" }], points: { main: { leased: 0 } } });
});

test("pools of one name are shown as one, and each other apart", async () => {
  const { monitor, clock } = testMonitor();
  const [one, other, third] = [
    thingPool(clock, { maxSize: 2 }),
    thingPool(clock, { maxSize: 3 }),
    thingPool(clock, { name: "other" }),
  ];
  const leases = [await one.acquire(), await other.acquire(), await other.acquire(), await third.acquire()];
  const { pools } = monitor.snapshot();
  expect(pools.map(({ name }) => name)).toEqual(["main", "other"]);
  expect(named(pools, "main")).toMatchObject({
    instances: 2,
    limits: { maxSize: 5 },
    stats: { leased: 3, totals: { acquired: 3 } },
  });
  expect(named(pools, "main").holders).toHaveLength(3);
  for (const lease of leases) lease.release();
});

test("compares before and after an operation: held long, used little", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 3 });
  await pool.warm(1);
  const before = monitor.snapshot();
  await pool.use(async (_, lease) => {
    await lease.track("select 1", async () => clock.jump(40));
    await clock.advance(30_000);
  });
  const diff = monitor.diff(before);
  expect(diff.elapsedMs).toBe(30_040);
  expect(diff.pools).toMatchObject([
    {
      name: "main",
      acquired: 1,
      released: 1,
      statements: 1,
      heldMs: 30_040,
      busyMs: 40,
      before: { leased: 0, idle: 1 },
      after: { leased: 0 },
    },
  ]);
  const after: MonitorSnapshot = JSON.parse(JSON.stringify(monitor.snapshot())) as MonitorSnapshot;
  expect(diffSnapshots(before, after)).toEqual(diff);
});

test("a pool can be evicted, resized, drained and a lease reclaimed by its name", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 3 });
  await pool.warm(2);
  const handle = named(monitor.pools(), "main");
  handle.evict("failover");
  expect(pool.stats).toMatchObject({ idle: 0, generation: 2 });
  handle.resize({ maxSize: 7 });
  expect(pool.stats.maxSize).toBe(7);
  expect(() => handle.resize({ maxSize: 1, minIdle: 5 })).toThrow("minIdle");
  const lease = await pool.acquire();
  expect(handle.reclaim(lease.id, "stuck")).toBe(true);
  expect([lease.active, handle.reclaim(lease.id)]).toEqual([false, false]);
  const drained = handle.drain({ timeout: 0 });
  await clock.advance(1_000);
  await drained;
  expect(pool.stats.state).toBe("closed");
  expect(() => handle.evict()).toThrow('no pool "main" is open');
  expect(monitor.pools()).toEqual([]);
});

test("failed connects, timeouts, refusals and closes are counted, those by reason too", async () => {
  const { monitor, clock } = testMonitor();
  let down = true;
  const pool = thingPool(
    clock,
    { maxSize: 1, acquireTimeout: 300 },
    {
      create: async () => {
        if (down) throw Object.assign(new Error('no route to "db.internal"'), { code: "ECONNREFUSED" });
        return { inTransaction: false };
      },
    },
  );
  const failing = [pool.acquire(), pool.acquire()].map((acquire) => acquire.catch((error: unknown) => error));
  await clock.advance(1_000);
  expect(await Promise.all(failing)).toMatchObject([{ code: expect.any(String) as string }, {}]);
  const shown = named(monitor.snapshot().pools, "main");
  expect(shown.recent.createFailed).toBeGreaterThan(1);
  expect(shown.recent.refused + shown.recent.timeouts).toBe(2);
  expect(shown.recent.refused).toBe(shown.stats.totals.refused);
  expect(shown.sums.errorsByClass.connection).toBe(shown.recent.createFailed);
  expect(shown.stats.lastError).toMatchObject({ class: "connection", code: "CONNECT_FAILED" });
  down = false;
  await clock.advance(10_000);
  const lease = await pool.acquire();
  const late = pool.acquire().catch((error: unknown) => error);
  await clock.advance(400);
  expect(await late).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
  lease.destroy();
  const after = named(monitor.snapshot().pools, "main");
  expect(after.sums.timeouts).toBe(shown.sums.timeouts + 1);
  expect(after.stats.totals.closedBy.destroyed).toBe(1);
});

test("watches pools that were there before it, and those of an older hold", async () => {
  const before = testMonitor();
  const pool = thingPool(before.clock);
  const lease = await pool.acquire({ label: "older" });
  const { monitor } = testMonitor({ clock: before.clock });
  expect(named(monitor.snapshot().pools, "main").holders).toMatchObject([{ label: "older" }]);
  lease.release();
  expect(named(monitor.snapshot().pools, "main").sums).toMatchObject({ acquired: 0, released: 1 });
});

test("writes each statement in debug mode, and slow ones and long waits always", async () => {
  const { lines, logger } = memoryLogger();
  const { clock } = testMonitor({ logger, debug: true, slowAfter: 1_000 });
  const pool = thingPool(clock, { maxSize: 1 });
  const run = async (ms: number): Promise<void> => {
    await pool.use((_, lease) => lease.track(`select 'secret', ${ms}`, async () => clock.jump(ms)));
  };
  await run(499);
  await run(600);
  await run(1_000);
  const lease = await pool.acquire();
  const late = pool.acquire({ label: "late" });
  await clock.advance(2_000);
  lease.release();
  (await late).release();
  expect(lines.map(({ level, fields }) => `${level} ${String(fields.event)}`)).toEqual([
    "debug statement",
    "info slow-statement",
    "debug statement",
    "warn slow-statement",
    "debug statement",
    "warn slow-acquire",
  ]);
  expect(lines[0]?.message).toBe("ran in 499.0 ms: select ?");
  expect(JSON.stringify(lines)).not.toContain("secret");
});
