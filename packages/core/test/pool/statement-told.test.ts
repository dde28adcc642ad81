import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import { expect, test, vi } from "vitest";
import type { MomentEvents } from "../../src/events.js";
import { onEvent } from "../../src/on-event.js";
import {
  askForStatementValues,
  statementContextHeard,
  statementsHeard,
  tellStatement,
  trackStatement,
} from "../../src/pool/index.js";
import { gate } from "../support/fake-backend.js";
import { errorOf, testPool } from "../support/pool.js";

type Told = MomentEvents["pool:statement"];

function listen(): Disposable & { readonly told: Told[] } {
  const told: Told[] = [];
  const listening = onEvent("pool:statement", (event) => told.push(event));
  return { told, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

test("a statement under a lease is told once, at its end, with its time and rows", async () => {
  const { pool, clock } = testPool();
  using listener = listen();
  const lease = await pool.acquire({ label: "checkout" });
  const work = gate<{ rowCount: number; rows: string[] }>();
  const running = lease.track("select 'a'", () => work.promise);
  await clock.advance(12);
  expect(listener.told).toEqual([]);
  work.resolve({ rowCount: 3, rows: ["secret"] });
  await running;
  lease.release();
  expect(listener.told).toEqual([
    {
      pool: "test",
      leaseId: 1,
      label: "checkout",
      statement: "select 'a'",
      values: undefined,
      startedAt: 1_000,
      durationMs: 12,
      rowCount: 3,
      failed: false,
      error: undefined,
    },
  ]);
});

test("a statement that fails is told with its error, and rejects with it", async () => {
  const { pool } = testPool();
  using listener = listen();
  const broken = new Error("broken");
  const failed = pool.use((_, lease) => lease.track("select", () => Promise.reject(broken), "own label"));
  expect(await errorOf(failed)).toBe(broken);
  expect(listener.told).toMatchObject([{ label: "own label", failed: true, error: broken, rowCount: undefined }]);
});

test("a statement that outlives its lease is told under the label that it ran for", async () => {
  const { pool } = testPool({ maxSize: 2 });
  using listener = listen();
  const work = gate();
  const first = await pool.acquire({ label: "first" });
  const running = first.track("slow", () => work.promise);
  first.release();
  const second = await pool.acquire({ label: "second" });
  work.resolve();
  await running;
  second.release();
  expect(listener.told).toMatchObject([{ leaseId: 1, label: "first" }]);
});

test("is told in the async context of its caller, also side by side", async () => {
  const { pool } = testPool({ maxSize: 2 });
  const context = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  using _ = onEvent("pool:statement", ({ statement }) => seen.push([statement, context.getStore()]));
  const gates = [gate(), gate()] as const;
  const run = (name: string, at: 0 | 1): Promise<void> =>
    context.run(name, () => pool.use((_resource, lease) => lease.track(name, () => gates[at].promise)));
  const both = [run("one", 0), run("two", 1)];
  const shared = context.run("three", () => trackStatement("line", "three", undefined, async () => undefined));
  gates[1].resolve();
  gates[0].resolve();
  await Promise.all([...both, shared]);
  expect(seen.toSorted()).toEqual([
    ["one", "one"],
    ["three", "three"],
    ["two", "two"],
  ]);
});

test("is told the same to those who do not care in which context, and so is a release", async () => {
  const { pool } = testPool({ maxSize: 2 });
  const ends = { statements: [] as unknown[], releases: [] as unknown[] };
  const anywhere = { statements: [] as unknown[], releases: [] as unknown[] };
  using _anywhere = onEvent("pool:statement:anywhere", (event) => anywhere.statements.push(event));
  using _releases = onEvent("pool:release:anywhere", (event) => anywhere.releases.push(event));
  const run = async (): Promise<void> => {
    await pool.use((_resource, lease) => lease.track("one", async () => ({ rowCount: 1 })));
    await errorOf(pool.use((_resource, lease) => lease.track("two", () => Promise.reject(new Error("no")))));
    await trackStatement("line", "three", undefined, async () => undefined);
  };
  await run();
  expect(anywhere.statements).toMatchObject([
    { statement: "one" },
    { statement: "two", failed: true },
    { pool: "line" },
  ]);
  expect(anywhere.releases).toMatchObject([{ leaseId: 1 }, { leaseId: 2 }]);
  expect([statementsHeard(), statementContextHeard()]).toEqual([true, false]);
  using _one = onEvent("pool:statement", (event) => ends.statements.push(event));
  using _two = onEvent("pool:release", (event) => ends.releases.push(event));
  expect(statementContextHeard()).toBe(true);
  anywhere.statements.length = anywhere.releases.length = 0;
  await run();
  expect(ends.statements).toHaveLength(3);
  expect(ends).toEqual(anywhere);
});

test("and loans and releases carry their times on the clock of the pool", async () => {
  const { pool, clock } = testPool();
  const times: number[] = [];
  using _lease = onEvent("pool:lease", ({ leasedAt }) => times.push(leasedAt));
  using _statement = onEvent("pool:statement", ({ startedAt, durationMs }) =>
    times.push(startedAt, startedAt + durationMs),
  );
  using _release = onEvent("pool:release", ({ releasedAt }) => times.push(releasedAt));
  const lease = await pool.acquire();
  clock.jump(0.25);
  await lease.track("one", async () => clock.jump(10));
  clock.jump(5);
  const before = clock.now();
  lease.release();
  expect(times).toEqual([before - 15.25, before - 15, before - 5, before]);
});

test("what runs without a lease is told under the name of its line, with its rows", async () => {
  using listener = listen();
  await trackStatement("line", "GET", "cart", async () => ({ rowCount: 2 }));
  expect(await errorOf(trackStatement("line", "SET", undefined, () => Promise.reject(new Error("no"))))).toBeDefined();
  expect(listener.told).toMatchObject([
    { pool: "line", leaseId: undefined, label: "cart", statement: "GET", rowCount: 2, failed: false },
    { statement: "SET", failed: true, error: { message: "no" } },
  ]);
});

test("is traced as well for those who listen to that, with its rows", async () => {
  using listener = listen();
  const ends: unknown[] = [];
  using _ = onEvent("pool:query", ({ statement, rowCount }) => ends.push([statement, rowCount]));
  const { pool } = testPool();
  await pool.use((_resource, lease) => lease.track("one", async () => ({ rowCount: 1 })));
  await trackStatement("line", "two", undefined, async () => ({ rowCount: 2 }));
  expect(ends).toEqual([
    ["one", 1],
    ["two", 2],
  ]);
  expect(listener.told).toMatchObject([{ statement: "one" }, { statement: "two" }]);
});

test("is built for listeners only", async () => {
  const publish = vi.spyOn(channel("pool:statement"), "publish");
  expect(statementsHeard()).toBe(false);
  const { pool } = testPool();
  await pool.use((_resource, lease) => lease.track("one", async () => undefined));
  await trackStatement("line", "two", undefined, async () => undefined);
  await tellStatement({ pool: "line", leaseId: undefined, label: undefined, statement: "three" }, () => undefined);
  expect(publish).not.toHaveBeenCalled();
  using _ = listen();
  expect(statementsHeard()).toBe(true);
});

test("holds are told exactly, to a fraction of a millisecond, where somebody listens to the loan", async () => {
  const { pool, clock } = testPool();
  const held: number[] = [];
  const hold = async (): Promise<void> => {
    const lease = await pool.acquire();
    clock.jump(0.25);
    lease.release();
  };
  clock.jump(0.5);
  using _release = onEvent("pool:release", ({ heldMs }) => held.push(heldMs));
  {
    using _lease = onEvent("pool:lease", () => undefined);
    await hold();
  }
  clock.jump(10);
  await hold();
  expect(held[0]).toBe(0.25);
  expect(held[1]).toBeGreaterThanOrEqual(0.25);
  expect(held[1]).toBeLessThan(2);
});

test("carries what a statement was called with to who has asked for that, and only then", async () => {
  const { pool } = testPool();
  const seen: unknown[] = [];
  using _ = onEvent("pool:statement", ({ values }) => seen.push(values));
  const run = (values: unknown): Promise<void> =>
    pool.use(async (_resource, lease) => await lease.track("insert", async () => undefined, undefined, values));
  await run(["before"]);
  const one = askForStatementValues();
  {
    using _other = askForStatementValues();
    await run(["asked"]);
    await trackStatement("line", "get", undefined, async () => undefined, ["key"]);
  }
  await run(["still asked"]);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  await run(["after"]);
  expect(seen).toEqual([undefined, ["asked"], ["key"], ["still asked"], undefined]);
});
