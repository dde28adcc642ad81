import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ChromeTrace, TraceEvent } from "../src/index.js";
import { memoryLogger, testMonitor, thingPool } from "./support/watched-pool.js";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "pool-flight-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return join(made, "dumps");
}

const listing = (directory: string): string[] => {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
};

const untilFiles = (directory: string, count: number): Promise<string[]> =>
  vi.waitFor(
    () => {
      const files = listing(directory);
      expect(files).toHaveLength(count);
      return files;
    },
    { timeout: 15_000, interval: 20 },
  );

const read = (directory: string, file: string | undefined): ChromeTrace =>
  JSON.parse(readFileSync(join(directory, file ?? ""), "utf8")) as ChromeTrace;

test("shows leases on the rows of their resources, statements inside them, waits beside them, and the rest as marks", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 1 });
  const lease = await pool.acquire({ label: "checkout" });
  await lease.track("select 'secret'", async () => clock.jump(20));
  const waiting = pool.acquire({ label: "late" });
  await clock.advance(80);
  lease.release();
  const late = await waiting;
  await expect(
    late.track("update t set a = 'secret'", () => Promise.reject(new Error("broken 'secret'"))),
  ).rejects.toThrow();
  clock.jump(50);
  const { traceEvents, otherData } = monitor.flight("a test");
  expect(otherData).toMatchObject({ reason: "a test", pid: process.pid });
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  const [checkout, select, update, open] = ["checkout", "select ?", "update t set a = ?", "late"].map((name) =>
    slices.find((slice) => slice.name === name),
  ) as [TraceEvent, TraceEvent, TraceEvent, TraceEvent];
  expect(checkout).toMatchObject({
    dur: 100_000,
    tid: 1,
    args: { leaseId: 1, heldMs: 100, busyMs: 20, destroyed: false },
  });
  expect(select).toMatchObject({ dur: 20_000, tid: 1, pid: checkout.pid });
  expect(select.ts).toBeGreaterThanOrEqual(checkout.ts);
  expect(update).toMatchObject({ args: { error: { class: "unknown", message: "broken ?" } } });
  expect(open).toMatchObject({ dur: 50_000, args: { leaseId: 2, open: true } });
  expect(traceEvents.filter(({ ph }) => ph === "b" || ph === "e")).toMatchObject([
    { name: "wait late", cat: "wait", id: "2", ph: "b" },
    { name: "wait late", cat: "wait", id: "2", ph: "e", ts: checkout.ts + 100_000 },
  ]);
  expect(traceEvents.filter(({ ph }) => ph === "M")).toMatchObject([
    { name: "process_name", args: { name: "main" } },
    { name: "thread_name", tid: 1, args: { name: "resource 1" } },
  ]);
  expect(traceEvents.filter(({ ph }) => ph === "i")).toMatchObject([{ name: "opened", s: "p" }]);
  expect(JSON.stringify(traceEvents)).not.toContain("secret");
  late.release();
});

test("has what Chrome's trace viewer asks of every event", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock, { maxSize: 1, acquireTimeout: 100, leakAfter: 1_000 });
  const lease = await pool.acquire();
  const late = pool.acquire().catch(() => undefined);
  await clock.advance(2_000);
  await late;
  lease.destroy();
  const trace = JSON.parse(JSON.stringify(monitor.flight())) as ChromeTrace;
  expect(trace.traceEvents.length).toBeGreaterThan(5);
  for (const event of trace.traceEvents) {
    expect(event).toMatchObject({
      name: expect.any(String) as string,
      ph: expect.stringMatching(/^[XbeiM]$/) as string,
    });
    for (const number of [event.ts, event.pid, event.tid]) expect(Number.isSafeInteger(number)).toBe(true);
    if (event.ph === "X") expect(event.dur).toBeGreaterThanOrEqual(0);
    if (event.ph === "i") expect(event.s).toBe("p");
    if (event.ph === "b" || event.ph === "e") expect([typeof event.cat, typeof event.id]).toEqual(["string", "string"]);
  }
  expect(trace.traceEvents.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["timeout ", "leak held", "leak returned", "closed: destroyed"]),
  );
});

test("keeps the last events only, and none when it is switched off", async () => {
  const { monitor, clock } = testMonitor({ flightEvents: 5 });
  const off = testMonitor({ flightEvents: 0, clock }).monitor;
  const pool = thingPool(clock);
  for (let n = 0; n < 20; n++) {
    clock.jump(1);
    await pool.use(() => undefined, { label: `task ${n}` });
  }
  const names = monitor
    .flight()
    .traceEvents.filter(({ ph }) => ph === "X")
    .map(({ name }) => name);
  expect(names).toEqual(["task 17", "task 18", "task 19"]);
  expect(off.flight().traceEvents).toEqual([]);
});

test("is dumped on a timeout, a leak and an aborted drain, into files that only their owner may read", async () => {
  const flightDirectory = folder();
  const { lines, logger } = memoryLogger();
  const { clock } = testMonitor({ flightDirectory, flightInterval: "1s", logger });
  const pool = thingPool(clock, { maxSize: 1, acquireTimeout: 100, leakAfter: 5_000 });
  await pool.acquire({ label: "stuck" });
  const late = pool.acquire().catch(() => undefined);
  await clock.advance(200);
  await late;
  await untilFiles(flightDirectory, 1);
  await clock.advance(6_000);
  await untilFiles(flightDirectory, 2);
  await clock.advance(2_000);
  const closed = pool.close({ timeout: 500 });
  await clock.advance(1_000);
  await closed;
  const files = await untilFiles(flightDirectory, 3);
  expect(files.map((file) => /-(timeout|leak|drain-abort)\.json$/.exec(file)?.[1]).toSorted()).toEqual([
    "drain-abort",
    "leak",
    "timeout",
  ]);
  for (const file of files) {
    expect(statSync(join(flightDirectory, file)).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(read(flightDirectory, file))).toContain("stuck");
  }
  expect(statSync(flightDirectory).mode & 0o777).toBe(0o700);
  await vi.waitFor(() => expect(lines.filter(({ fields }) => fields.event === "flight-dump")).toHaveLength(3));
});

test("is dumped in bounded number and rate", async () => {
  const flightDirectory = folder();
  const { clock } = testMonitor({ flightDirectory, flightInterval: "10s", flightFiles: 2 });
  const pool = thingPool(clock, { maxSize: 1, leakAfter: "never" });
  const lease = await pool.acquire();
  const storm = async (): Promise<void> => {
    const late = Array.from({ length: 50 }, () => pool.acquire({ timeout: 10 }).catch(() => undefined));
    await clock.advance(100);
    await Promise.all(late);
  };
  await storm();
  await storm();
  const [first] = await untilFiles(flightDirectory, 1);
  await clock.advance(10_000);
  await storm();
  await untilFiles(flightDirectory, 2);
  await clock.advance(10_000);
  await storm();
  await vi.waitFor(() => expect(listing(flightDirectory)).not.toContain(first), { timeout: 15_000 });
  expect(await untilFiles(flightDirectory, 2)).toHaveLength(2);
  lease.release();
});

test("a directory that cannot be written to is told to the log, and disturbs nobody", async () => {
  const { lines, logger } = memoryLogger();
  const { clock } = testMonitor({ flightDirectory: join(import.meta.filename, "no folder"), logger });
  const pool = thingPool(clock, { maxSize: 1 });
  const lease = await pool.acquire();
  const late = pool.acquire({ timeout: 10 }).catch((error: unknown) => error);
  await clock.advance(100);
  expect(await late).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
  await vi.waitFor(() => expect(lines.map(({ fields }) => fields.event)).toContain("monitor-failure"), {
    timeout: 15_000,
  });
  lease.release();
});
