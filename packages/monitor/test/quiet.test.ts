import { channel } from "node:diagnostics_channel";
import { createPool, eventChannels, openPools } from "@pool/core";
import { expect, onTestFinished, test } from "vitest";
import { watch, type Monitor } from "../src/index.js";
import { ManualClock } from "./support/manual-clock.js";
import { testMonitor, thingPool } from "./support/watched-pool.js";

const heard = (): string[] => eventChannels().filter((name) => channel(name).hasSubscribers);

test("leaves no listener and no timer behind, installed once or several times, disposed in any order and twice", () => {
  expect(heard()).toEqual([]);
  const clock = new ManualClock();
  const monitors = [1, 2, 3].map(() => watch({ clock, traceId: () => undefined }));
  expect(heard()).toContain("pool:statement");
  expect(clock.pending).toBe(3);
  const [first, second, third] = monitors as [Monitor, Monitor, Monitor];
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(heard()).toContain("pool:statement");
  third[Symbol.dispose]();
  expect(heard()).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("listens to nothing when its options are refused", () => {
  expect(() => watch({ window: "1s" })).toThrow("window must be");
  expect(() => watch({ debug: true })).toThrow("debug writes to a logger, and there is none");
  expect(() => watch({ logger: { info: () => undefined } as never })).toThrow("logger must be a logger");
  expect(() => watch({ leek: 1 } as never)).toThrow('unknown option "leek"');
  expect(heard()).toEqual([]);
});

test("does not trace what is expensive to trace", () => {
  testMonitor();
  const names = heard();
  for (const name of ["pool:acquire", "pool:query", "pool:transaction", "pool:reset", "pool:validate"])
    for (const step of ["start", "end", "asyncStart", "asyncEnd", "error"])
      expect(names).not.toContain(`tracing:${name}:${step}`);
});

test("what is broken in a logger, a subscriber, a trace id or a status does the service no harm", async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtExceptionMonitor", note);
  onTestFinished(() => void process.off("uncaughtExceptionMonitor", note));
  const broken = (): never => {
    throw new Error("broken");
  };
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const { monitor, clock } = testMonitor({ logger, debug: true, traceId: broken, sinks: [broken] });
  monitor.subscribe(broken);
  const ticks: unknown[] = [];
  monitor.subscribe((tick) => ticks.push(tick));
  const pool = thingPool(clock, { maxSize: 1, leakAfter: 1_000 });
  const lease = await pool.acquire({ label: "a" });
  await lease.track("select 1", async () => clock.jump(5_000));
  await expect(lease.track("select 2", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const late = pool.acquire({ timeout: 500 }).catch((error: unknown) => error);
  await clock.advance(3_000);
  expect(await late).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
  lease.release();
  await clock.advance(1_000);
  expect(ticks.length).toBeGreaterThanOrEqual(4);
  expect(monitor.snapshot().leaks).toHaveLength(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(uncaught).toEqual([]);
});

test("errors with strange insides are told all the same", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock);
  const strange: unknown[] = [
    undefined,
    null,
    5,
    "text",
    Object.create(null),
    Symbol("s"),
    new Proxy(
      {},
      {
        get: () => {
          throw new Error("trap");
        },
      },
    ),
  ];
  for (const error of strange) {
    const failing = pool.use((_, lease) => lease.track("select 1", () => Promise.reject(error)));
    await failing.then(
      () => expect.unreachable(),
      (caught: unknown) => expect(caught).toBe(error),
    );
  }
  expect(monitor.snapshot().pools).toMatchObject([{ sums: { statements: strange.length } }]);
});

test("a storm of log lines is cut short, and what was left out is counted", async () => {
  const lines: string[] = [];
  const write = (_fields: object, message: string): void => void lines.push(message);
  const { clock } = testMonitor({ logger: { debug: write, info: write, warn: write, error: write } });
  const pool = thingPool(clock);
  const lease = await pool.acquire();
  for (let n = 0; n < 200; n++) await lease.track("select 1", async () => clock.jump(600));
  expect(lines).toHaveLength(50);
  await clock.advance(1_000);
  expect(lines[50]).toBe("150 more lines of the monitor within a second were left out");
  lease.release();
});

test("of names that come and go it keeps a bounded number", async () => {
  const { monitor, clock } = testMonitor();
  for (let n = 0; n < 500; n++) {
    const pool = createPool(
      { kind: "thing", create: async () => n, close: () => undefined },
      { name: `task-${n}`, clock },
    );
    await pool.use(() => undefined);
    clock.jump(10);
    const closed = pool.close();
    await closed;
  }
  expect(openPools().length).toBe(0);
  await clock.advance(1_000);
  expect(monitor.snapshot().pools).toEqual([]);
  expect(JSON.stringify(monitor.snapshot()).length).toBeLessThan(100_000);
});
