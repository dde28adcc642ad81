import { seededRandom, seedOfRun } from "@pool/testing";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createPool, type Lease } from "@pool/core";
import { expect, test } from "vitest";
import { PoolEar } from "../src/hear-pools.js";
import { StatementEar } from "../src/hear-statements.js";
import { watch, type LeakSnapshot } from "../src/index.js";
import { listen } from "../src/listen.js";
import { readMonitorOptions } from "../src/options.js";
import { makeParts } from "../src/parts.js";
import { turn } from "../src/turn.js";
import { ManualClock, settle } from "./support/manual-clock.js";
import { memoryLogger, named, testMonitor, thingPool, type Thing } from "./support/watched-pool.js";

test("a lease that is held too long is reported once, and withdrawn when it comes back", async () => {
  const { lines, logger } = memoryLogger();
  const { monitor, clock } = testMonitor({ logger });
  const pool = thingPool(clock, { leakAfter: 5_000, stacks: "all" });
  const lease = await pool.acquire({ label: "report" });
  await lease.track("select * from orders where id = 7", async () => clock.jump(30));
  lease.resource.inTransaction = true;
  await clock.advance(4_000);
  expect(monitor.snapshot().leaks).toEqual([]);
  await clock.advance(20_000);
  const [leak] = monitor.snapshot().leaks;
  expect(leak).toMatchObject({
    pool: "main",
    kind: "held",
    state: "open",
    endedAt: null,
    holder: {
      label: "report",
      busyMs: 30,
      lastStatement: "select * from orders where id = ?",
      inTransaction: true,
      leak: true,
    },
  });
  expect(leak?.holder.acquiredAt).toContain("leaks.test.ts");
  expect(leak?.holder.heldMs).toBe(24_030);
  expect(named(monitor.snapshot().pools, "main").holders).toMatchObject([{ label: "report", leak: true }]);
  expect(monitor.snapshot().alerts.firing).toMatchObject([{ rule: "leak", subject: "main" }]);
  lease.release();
  await clock.advance(2_000);
  expect(monitor.snapshot().leaks).toMatchObject([
    { state: "returned", endedAt: expect.any(Number) as number, holder: { leak: false } },
  ]);
  expect(monitor.snapshot().alerts.firing).toEqual([]);
  const told = lines.filter(({ fields }) => String(fields.event).startsWith("leak-"));
  expect(told.map(({ level, fields }) => [level, fields.event])).toEqual([
    ["warn", "leak-held"],
    ["info", "leak-returned"],
  ]);
  expect(told[0]?.message).toBe('lease 1 ("report") of pool "main" has been held for 5000 ms');
});

test("after a hard limit its resource is taken away, closed and never lent again", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 1, leakAfter: 2_000, reclaimAfter: 5_000 });
  const lease = await pool.acquire();
  const thing = lease.resource;
  await clock.advance(6_000);
  expect(lease.active).toBe(false);
  expect(monitor.snapshot().leaks).toMatchObject([{ kind: "held", state: "reclaimed" }]);
  const next = await pool.acquire();
  expect(next.resource).not.toBe(thing);
  next.release();
});

test("what becomes of one is told as it is: taken away, or dropped", async () => {
  const { lines, logger } = memoryLogger();
  const { monitor, clock } = testMonitor({ logger });
  const pool = thingPool(clock, { leakAfter: 2_000, reclaimAfter: 4_000 });
  const hasty = thingPool(clock, { name: "hasty", leakAfter: 30_000, reclaimAfter: 1_000 });
  const kept = [await pool.acquire(), await hasty.acquire({ label: "unreported" })];
  await clock.advance(6_000);
  expect(kept.map(({ active }) => active)).toEqual([false, false]);
  expect(monitor.snapshot().leaks).toMatchObject([
    { pool: "main", kind: "held", state: "reclaimed", endedAt: expect.any(Number) as number },
    { pool: "hasty", kind: "held", state: "reclaimed", holder: { label: "unreported", leak: false } },
  ]);
  const events = lines.map(({ fields }) => String(fields.event)).filter((event) => event.startsWith("leak-"));
  expect(events).toEqual(["leak-reclaimed", "leak-held", "leak-reclaimed"]);
  expect(lines.find(({ fields }) => fields.event === "leak-reclaimed")?.message).toBe(
    'lease 1 ("unreported") of pool "hasty" was taken away, after 1000 ms',
  );
  const { pools } = monitor.snapshot();
  expect([named(pools, "main").sums.leaks, named(pools, "hasty").sums.leaks]).toEqual([1, 1]);
});

test("one that is destroyed late, or ends with its pool, is a leak no longer", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { leakAfter: 1_000 });
  const [one, other] = [await pool.acquire({ label: "destroyed" }), await pool.acquire({ label: "pool closed" })];
  await clock.advance(3_000);
  one.destroy();
  expect(monitor.snapshot().leaks).toMatchObject([
    { state: "open", holder: { label: "pool closed" } },
    { state: "ended", holder: { label: "destroyed" } },
  ]);
  const closing = pool.close({ timeout: 1_000 });
  await clock.advance(2_000);
  await closing;
  expect(monitor.snapshot().leaks).toMatchObject([{ state: "reclaimed", holder: { label: "pool closed" } }, {}]);
  expect(other.active).toBe(false);
});

test("pools of one name leak apart from each other", async () => {
  const { monitor, clock } = testMonitor();
  const pools = [thingPool(clock, { leakAfter: 1_000 }), thingPool(clock, { leakAfter: 1_000 })] as const;
  const [one, other] = [await pools[0].acquire({ label: "one" }), await pools[1].acquire({ label: "other" })];
  expect(one.id).toBe(other.id);
  await clock.advance(3_000);
  expect(monitor.snapshot().leaks.map(({ state }) => state)).toEqual(["open", "open"]);
  other.release();
  const [open, ended, ...rest] = monitor.snapshot().leaks;
  expect([open?.state, ended?.state, ended?.holder.label, rest]).toEqual(["open", "returned", "other", []]);
  one.release();
});

test("a leak names the trace that it belongs to", async () => {
  let trace: string | undefined = "0af7651916cd43dd8448eb211c80319c";
  const { monitor, clock } = testMonitor({ traceId: () => trace });
  const pool = thingPool(clock, { leakAfter: 1_000 });
  const lease = await pool.acquire();
  await lease.track("select 1", async () => undefined);
  trace = undefined;
  await clock.advance(2_000);
  expect(monitor.snapshot().leaks[0]?.holder.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
  lease.release();
});

test("a trace is forgotten with its lease, also when a statement of it ends after that was taken away by force", async () => {
  const options = { traceId: () => "0af7651916cd43dd8448eb211c80319c" };
  const clock = new ManualClock();
  const parts = makeParts(readMonitorOptions({ ...options, clock }));
  const ears = { statements: new StatementEar(parts), pools: new PoolEar(parts, () => undefined) };
  using _ = listen(parts, ears, () => undefined);
  const pool = thingPool(clock, { maxSize: 3, reclaimAfter: 5_000 });
  const use = async (): Promise<Lease<Thing>> => {
    const lease = await pool.acquire();
    await lease.track("select 1", async () => undefined);
    return lease;
  };
  (await use()).release();
  const late = Promise.withResolvers<undefined>();
  const running = (await use()).track("select pg_sleep(6)", () => late.promise);
  await clock.advance(3_000);
  const kept = await use();
  await clock.advance(3_000);
  late.resolve(undefined);
  await running;
  expect([pool.stats.totals.closedBy.reclaimed, parts.traces.size]).toEqual([1, 2]);
  turn(parts, false);
  expect(parts.traces.size).toBe(1);
  kept.release();
  expect(parts.traces.size).toBe(0);
});

type Way = "held" | "in a transaction" | "destroyed late" | "dropped";
const WAYS: readonly Way[] = ["held", "in a transaction", "destroyed late", "dropped"];

test("of 1 000 leases 50 leak, in four ways: all of them and only they are reported", async () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 200, leakAfter: 10_000, stacks: "all" });
  const leaking = new Set<number>();
  while (leaking.size < 50) leaking.add(Math.floor(random() * 1_000));
  const expected = new Map<string, Way>();
  const kept: Lease<Thing>[] = [];
  const late: Lease<Thing>[] = [];
  const busy: { readonly lease: Lease<Thing>; readonly until: number }[] = [];
  const end = (now: number): void => {
    for (const { lease } of busy.filter(({ until }) => until <= now)) {
      if (random() < 0.1) lease.destroy();
      else lease.release();
    }
    busy.splice(0, busy.length, ...busy.filter(({ until }) => until > now));
  };

  const leak = async (way: Way, label: string): Promise<void> => {
    // Its own function, so that nothing here holds on to the lease that is dropped.
    const lease = await pool.acquire({ label });
    if (way === "in a transaction") lease.resource.inTransaction = true;
    if (way === "destroyed late") late.push(lease);
    else if (way !== "dropped") kept.push(lease);
  };

  for (let n = 0; n < 1_000; n++) {
    const label = `task ${n}`;
    if (leaking.has(n)) {
      const way = WAYS[expected.size % 4] ?? "held";
      expected.set(label, way);
      await leak(way, label);
    } else {
      const lease = await pool.acquire({ label });
      // Some are nearly leaks, some leave a transaction open, which is another fault.
      if (random() < 0.05) lease.resource.inTransaction = true;
      await lease.track("select 1", async () => undefined);
      busy.push({ lease, until: clock.now() + Math.floor(random() * (random() < 0.05 ? 8_500 : 300)) });
    }
    if (n % 10 === 0) {
      await clock.advance(100);
      end(clock.now());
    }
  }
  // Dropped leases are found by garbage collection, which is asked for until it has found them.
  const { gc } = globalThis as { gc?: () => void };
  while (busy.length > 0) {
    await clock.advance(100);
    end(clock.now());
  }
  const dropped = [...expected.values()].filter((way) => way === "dropped").length;
  for (let tries = 0; tries < 200 && pool.stats.totals.dropped < dropped; tries++) {
    gc?.();
    await nextTurn();
    await settle();
  }
  await clock.advance(20_000);
  for (const lease of late) lease.destroy();
  await clock.advance(1_000);

  const reports = monitor.snapshot().leaks;
  const byLabel = new Map<string, LeakSnapshot[]>();
  for (const report of reports) {
    const label = report.holder.label ?? "";
    byLabel.set(label, [...(byLabel.get(label) ?? []), report]);
  }
  expect([...byLabel.keys()].toSorted(), `POOL_TEST_SEED=${seed}`).toEqual([...expected.keys()].toSorted());
  for (const [label, way] of expected) {
    const told = byLabel.get(label) ?? [];
    const final = told[0];
    const open = way === "held" || way === "in a transaction";
    expect(final, `POOL_TEST_SEED=${seed} ${label} ${way}`).toMatchObject({
      kind: way === "dropped" ? "dropped" : "held",
      state: open ? "open" : "ended",
      holder: { inTransaction: way === "in a transaction" },
    });
    expect(final?.holder.acquiredAt).toContain("leaks.test.ts");
    expect(told.length).toBe(1);
  }
  for (const lease of kept) lease.release();
  expect(monitor.snapshot().leaks.filter(({ state }) => state === "open")).toEqual([]);
});

test("a lease that is dropped is found and reported on the system's own clock", async () => {
  using monitor = watch({ traceId: () => undefined });
  const factory = { kind: "thing", create: async () => ({}), close: () => undefined };
  await using pool = createPool(factory, { name: "real", stacks: "all" });
  const drop = async (): Promise<void> => {
    await pool.acquire({ label: "forgotten" });
  };
  await drop();
  const { gc } = globalThis as { gc?: () => void };
  for (let tries = 0; tries < 400 && pool.stats.totals.dropped === 0; tries++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  expect(monitor.snapshot().leaks).toMatchObject([
    { pool: "real", kind: "dropped", state: "ended", holder: { label: "forgotten" } },
  ]);
  expect(pool.stats).toMatchObject({ size: 0 });
});
