import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { createPool } from "../../src/pool/index.js";
import { createSqlClient, type Done, type SqlResult } from "../../src/transaction/index.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { clientOf, FakeDatabase, type Fault } from "./fake-database.js";

function setUp(options: { fault?: Fault; queryTimeout?: number } = {}) {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const { fault, ...rest } = options;
  database.fault = (text) => (text === "INSERT" ? fault : undefined);
  const client = clientOf(database, { keepAliveInterval: "never", idleTimeout: "never" }, { clock, ...rest });
  return { database, clock, client, timers: () => clock.pending };
}

test("a statement borrows a connection and gives it back", async () => {
  const { database, client } = setUp();
  expect(await client.query("INSERT", ["auto", "a"])).toEqual({ rows: [], rowCount: 1 });
  expect(database.committed).toEqual(["a"]);
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { released: 1, destroyed: 0 } });
});

test("statements at once take a connection each, and wait for one beyond maxSize", async () => {
  const { database, client } = setUp();
  await Promise.all(Array.from({ length: 9 }, (_, index) => client.query("INSERT", ["auto", index])));
  expect(database.connections.length).toBe(4);
  expect(database.committed.length).toBe(9);
  expect(database.violations).toEqual([]);
});

test("an error of the backend is passed on as it is, and costs no connection", async () => {
  const { client } = setUp({ fault: "refused" });
  await expect(client.query("INSERT", ["auto", "a"])).rejects.toThrow("refused: INSERT");
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { released: 1, destroyed: 0 } });
});

test("a driver that throws instead of rejecting is treated alike", async () => {
  const { client, database } = setUp();
  database.latency = () => {
    throw new TypeError("a driver's bug");
  };
  await expect(client.query("SELECT", ["auto"])).rejects.toThrow("a driver's bug");
  expect(client.pool.stats.leased).toBe(0);
});

test("a lost connection is destroyed, and the next statement takes another", async () => {
  const { client, database } = setUp({ fault: "lost" });
  await expect(client.query("INSERT", ["auto", "a"])).rejects.toMatchObject({ kind: "lost" });
  expect(client.pool.stats.totals).toMatchObject({ released: 0, destroyed: 1 });
  await client.query("SELECT", ["auto"]);
  expect(database.connections.map((connection) => connection.closed)).toEqual([true, false]);
});

test("a statement that takes longer than queryTimeout is cancelled, and its connection kept", async () => {
  const { client, clock, timers } = setUp({ fault: "hang" });
  const before = timers();
  const running = client.query("INSERT", ["auto", "it's secret"], { label: "store" });
  running.catch(() => undefined);
  await clock.advance(29_999);
  expect(client.pool.stats.leased).toBe(1);
  await clock.advance(1);
  await expect(running).rejects.toMatchObject({
    code: "QUERY_TIMEOUT",
    details: { pool: "main", label: "store", timeout: 30_000 },
  });
  expect(client.pool.stats).toMatchObject({ idle: 1, totals: { released: 1, destroyed: 0 } });
  expect(timers()).toBeLessThanOrEqual(before + 1); // the pool's own sweep
});

test("a timeout names the statement without its literals, and the milliseconds", async () => {
  const { client, clock, database } = setUp();
  database.fault = () => "hang";
  const running = client.query("SELECT * FROM t WHERE a = 'very secret'", ["also secret"], { timeout: 250 });
  const failed = expect(running).rejects.toThrow('pool "main": no reply within 250 ms to SELECT * FROM t WHERE a = ?');
  await clock.advance(250);
  await failed;
});

test("the time of a statement counts from its sending, not from its wait for a connection", async () => {
  const { client, clock } = setUp({ queryTimeout: 100 });
  const leases = await Promise.all(Array.from({ length: 4 }, () => client.acquire()));
  const running = client.query("SELECT", ["auto"]);
  await clock.advance(5_000);
  leases[0]?.release();
  await expect(running).resolves.toMatchObject({ rowCount: 0 });
});

test("timeout: Infinity lets a statement run on", async () => {
  const { client, clock } = setUp({ fault: "deaf" });
  let settled = false;
  void client.query("INSERT", ["auto", "a"], { timeout: Infinity }).finally(() => (settled = true));
  await clock.advance(10 * 60_000);
  expect(settled).toBe(false);
});

test("an aborted statement rejects with the signal's reason once the connection is free", async () => {
  const { client, database } = setUp({ fault: "hang" });
  const controller = new AbortController();
  const running = client.query("INSERT", ["auto", "a"], { signal: controller.signal });
  const failed = expect(running).rejects.toBe("changed my mind");
  await settle();
  controller.abort("changed my mind");
  await failed;
  expect(client.pool.stats).toMatchObject({ idle: 1, totals: { released: 1 } });
  expect(database.committed).toEqual([]);
});

test("a result that comes after the cancel is dropped", async () => {
  const { client, database } = setUp({ fault: "too late" });
  const controller = new AbortController();
  const running = client.query("INSERT", ["auto", "a"], { signal: controller.signal });
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  controller.abort("stop");
  await failed;
  expect(database.committed).toEqual(["a"]);
});

test("the caller hears of a cancel within 25 ms, while a driver that does not settle keeps its connection for a second and then loses it", async () => {
  const { client, clock, database } = setUp({ fault: "deaf" });
  const controller = new AbortController();
  let reason: unknown;
  client.query("INSERT", ["auto", "a"], { signal: controller.signal }).catch((error: unknown) => (reason = error));
  await settle();
  controller.abort("stop");
  await clock.advance(24);
  expect(reason).toBeUndefined();
  await clock.advance(1);
  expect(reason).toBe("stop");
  await clock.advance(974);
  expect(client.pool.stats).toMatchObject({ leased: 1, totals: { released: 0, destroyed: 0 } });
  await clock.advance(1);
  expect(client.pool.stats.totals).toMatchObject({ released: 0, destroyed: 1 });
  expect(database.connections[0]?.closed).toBe(true);
});

test("a cancel that takes its time gives the connection back when it is over", async () => {
  const { client, clock, database } = setUp();
  const answer = Promise.withResolvers<undefined>();
  database.latency = async () => {
    await answer.promise;
  };
  const running = client.query("INSERT", ["auto", "a"], { timeout: 100 });
  const failed = expect(running).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  await clock.advance(125);
  await failed;
  expect(client.pool.stats).toMatchObject({ leased: 1, idle: 0 });
  answer.resolve(undefined);
  await settle();
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { released: 1, closed: 0 } });
});

test("in a session the next statement waits until such a cancel is over, and the session's end does not", async () => {
  const { client, clock, database } = setUp();
  let answer = Promise.withResolvers<undefined>();
  database.latency = async () => {
    await answer.promise;
  };
  let second: Promise<unknown> | undefined;
  const over = client.session(async (mine) => {
    await expect(mine.query("INSERT", ["auto", "a"], { timeout: 100 })).rejects.toMatchObject({
      code: "QUERY_TIMEOUT",
    });
    second = mine.query("INSERT", ["auto", "b"]);
    await clock.advance(100);
    expect(database.log).toEqual(["INSERT auto a"]);
    answer.resolve(undefined);
    await second;
    answer = Promise.withResolvers<undefined>();
    await mine.query("INSERT", ["auto", "c"], { timeout: 100 });
  });
  const failed = expect(over).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  await clock.advance(125);
  await settle();
  await clock.advance(125);
  await failed;
  expect(client.pool.stats.leased).toBe(1);
  answer.resolve(undefined);
  await settle();
  expect(client.pool.stats).toMatchObject({ leased: 0, totals: { destroyed: 0, closed: 0 } });
  expect(database.violations).toEqual([]);
});

test("a transaction whose statement does not answer its cancel ends at once, and its connection behind it within cancelTimeout", async () => {
  const { client, clock, database } = setUp();
  database.fault = (text) => (text === "INSERT" ? "deaf" : undefined);
  let reason: unknown;
  const work = client.transaction((tx) => tx.query("INSERT", ["t", "a"], { timeout: 100 }));
  work.catch((error: unknown) => (reason = error));
  await settle();
  await clock.advance(124);
  expect(reason).toBeUndefined();
  await clock.advance(1);
  await settle();
  expect(reason).toMatchObject({ code: "QUERY_TIMEOUT" });
  expect(client.pool.stats).toMatchObject({ leased: 1, totals: { destroyed: 0 } });
  await clock.advance(975);
  expect(client.pool.stats).toMatchObject({ leased: 0, totals: { destroyed: 1 } });
  expect(database.log).toEqual(["BEGIN", "INSERT t a"]);
  expect(database.committed).toEqual([]);
});

test("the first reason to cancel counts, and a second one gives the driver no more time", async () => {
  const { client, clock } = setUp({ fault: "deaf" });
  const controller = new AbortController();
  let reason: unknown;
  const running = client.query("INSERT", ["auto", "a"], { signal: controller.signal, timeout: 100 });
  running.catch((error: unknown) => (reason = error));
  await clock.advance(900);
  controller.abort("later");
  await clock.advance(200);
  expect(reason).toMatchObject({ code: "QUERY_TIMEOUT" });
});

test("a statement whose signal has aborted borrows nothing, not even what is idle", async () => {
  const { client, database } = setUp();
  await client.pool.warm(1);
  await expect(client.query("SELECT", ["auto"], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  expect(client.pool.stats.totals.acquired).toBe(0);
  expect(database.log).toEqual([]);
});

test("a signal that aborts while the statement waits for a connection ends the wait", async () => {
  const { client, database } = setUp();
  const leases = await Promise.all(Array.from({ length: 4 }, () => client.acquire()));
  const controller = new AbortController();
  const waiting = client.query("SELECT", ["auto"], { signal: controller.signal });
  const failed = expect(waiting).rejects.toBe("no");
  await settle();
  controller.abort("no");
  await failed;
  for (const lease of leases) lease.release();
  expect(database.log).toEqual([]);
});

test("no listener and no timer outlives its statement", async () => {
  const { client, clock, database } = setUp();
  const { signal } = new AbortController();
  await client.query("SELECT", ["auto"], { signal });
  const pools = clock.pending;
  await client.transaction(
    async (tx) => {
      await Promise.all([tx.query("SELECT", ["t"], { signal }), tx.query("SELECT", ["t"], { signal })]);
      await tx.transaction((inner) => inner.query("SELECT", ["s"], { signal }));
    },
    { signal },
  );
  database.fault = () => "refused";
  await client.query("SELECT", ["auto"], { signal }).catch(() => undefined);
  await client.transaction((tx) => tx.query("SELECT", ["t"]), { signal }).catch(() => undefined);
  await client.session((session) => session.query("SELECT", ["auto"], { signal }), { signal }).catch(() => undefined);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(clock.pending).toBe(pools);
});

test("a statement waits with one listener at most for each signal", async () => {
  const { client } = setUp({ fault: "hang" });
  const [own, outer] = [new AbortController(), new AbortController()];
  const running = client.transaction((tx) => tx.query("INSERT", ["t", "a"], { signal: own.signal }), {
    signal: outer.signal,
  });
  const failed = expect(running).rejects.toBe("enough");
  await settle();
  expect(getEventListeners(own.signal, "abort").length).toBe(1);
  expect(getEventListeners(outer.signal, "abort").length).toBe(2); // the statement's, and the transaction's own
  own.abort("enough");
  await failed;
});

test.each([
  ["an empty text", ["", []], "query: text"],
  ["a text that is none", [7, []], "query: text"],
  ["values that are no array", ["SELECT", "x"], "query: values must be an array"],
  ["a timeout of 0", ["SELECT", [], { timeout: 0 }], "query: timeout"],
  ["a timeout that is no number", ["SELECT", [], { timeout: "1s" }], "query: timeout"],
  ["a signal that is none", ["SELECT", [], { signal: {} }], "query: signal"],
  ["options that are none", ["SELECT", [], null], "query: options"],
  ["an unknown option", ["SELECT", [], { rowMode: "array" }], 'query takes no option "rowMode"'],
  ["a label that is none", ["SELECT", [], { label: 5 }], "query: label"],
  ["an object without a text", [{ values: [] }], "query: text"],
  ["an object in an object", [{ text: { text: "SELECT" } }], "query: text"],
  ["an unknown option in an object", [{ text: "SELECT", name: "x" }], 'query takes no option "name"'],
  ["values beside an object", [{ text: "SELECT" }, []], "query: values and options belong into the statement object"],
])("%s is refused with INVALID_ARGUMENT, and nothing is borrowed", async (_, call, message) => {
  const { client, database } = setUp();
  const query = client.query as (...args: unknown[]) => Promise<unknown>;
  await expect(query(...call)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(message) as string,
  });
  await expect(client.transaction((tx) => (tx.query as typeof query).call(tx, ...call))).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
});

test("what is bound is never named in an error about it", async () => {
  const { client } = setUp();
  const error: unknown = await client.query("SELECT", "hunter2" as unknown as []).catch((reason: unknown) => reason);
  expect(String(error)).not.toContain("hunter2");
});

test("a statement object is the same as its parts, on the client, in sessions and in transactions", async () => {
  const { client, database } = setUp();
  const { signal } = new AbortController();
  await client.query({ text: "INSERT", values: ["auto", "a"], label: "one" });
  await client.session((session) => session.query({ text: "INSERT", values: ["auto", "b"], timeout: 1_000 }));
  await client.transaction((tx) => tx.query({ text: "INSERT", values: ["t", "c"], signal }));
  expect(database.committed).toEqual(["a", "b", "c"]);
});

test("options that the driver names reach it as they are, beside ours", async () => {
  const { driver, factory } = new FakeDatabase();
  const seen: unknown[] = [];
  const client = createSqlClient({
    pool: createPool(factory),
    queryTimeout: Infinity,
    driver: {
      ...driver,
      queryOptions: ["rowMode"],
      query: (connection, text, values, options) => {
        seen.push({ ...options });
        return driver.query(connection, text, values, options);
      },
    },
  });
  const rowMode = "array";
  await client.query("SELECT", ["auto"], { rowMode, label: "x" } as object);
  await client.query({ text: "SELECT", values: ["auto"], rowMode } as { text: string });
  await client.session((session) => session.query("SELECT", ["auto"], { rowMode } as object));
  await client.transaction((tx) => tx.query("SELECT", ["t"], { rowMode } as object));
  await client.query("SELECT", ["auto"]);
  expect(seen).toEqual([{ rowMode, label: "x" }, { rowMode }, { rowMode }, {}, { rowMode }, {}, {}]);
  await expect(client.query("SELECT", [], { rowmode: "array" } as object)).rejects.toThrow(
    'query takes no option "rowmode"; it takes signal, timeout, label, rowMode',
  );
});

test("a driver that cancels by itself is handed no signal, and told which connection to cancel", async () => {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const { pool } = clientOf(database, { keepAliveInterval: "never", idleTimeout: "never" }, { clock });
  const cancelled: [resource: unknown, reason: unknown][] = [];
  const asked: unknown[] = [];
  const failures = new Map<unknown, (reason: unknown) => void>();
  const client = createSqlClient({
    pool,
    clock,
    driver: {
      query: (resource, _text, _values, options) =>
        new Promise((_, reject) => {
          asked.push(options.signal);
          failures.set(resource, reject);
        }),
      cancel(resource, reason) {
        cancelled.push([resource, reason]);
        failures.get(resource)?.(new Error("cancelled by the backend"));
      },
      begin: () => ["BEGIN"],
      isRetryable: () => false,
      isConnectionLost: () => false,
    },
  });
  const controller = new AbortController();
  const late = client.query("SELECT");
  const aborted = client.query("SELECT", [], { signal: controller.signal });
  late.catch(() => undefined);
  await settle();
  controller.abort(new Error("called off"));
  await expect(aborted).rejects.toThrow("called off");
  await clock.advance(30_000);
  await expect(late).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  expect(asked).toEqual([undefined, undefined]);
  expect(cancelled.map(([, reason]) => (reason as Error).message)).toEqual([
    "called off",
    expect.stringContaining("30000 ms"),
  ]);
  expect(new Set(cancelled.map(([resource]) => resource)).size).toBe(2);
  expect(pool.stats).toMatchObject({ leased: 0, idle: 2, totals: { released: 2, destroyed: 0 } });
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

test("a driver that tells an outcome without a promise is told whom, cancels at the limit, and may refuse at once", async () => {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const { pool } = clientOf(database, { maxSize: 1, keepAliveInterval: "never", idleTimeout: "never" }, { clock });
  const running = new Map<unknown, Done<SqlResult>>();
  const started: unknown[] = [];
  const client = createSqlClient({
    pool,
    clock,
    queryTimeout: 100,
    driver: {
      query: () => Promise.reject(new Error("not asked")),
      start(resource, text, values, options, done) {
        started.push([text, values, options]);
        if (text === "BAD") done.reject(new Error("refused"));
        else running.set(resource, done);
      },
      cancel: (resource, reason) => running.get(resource)?.reject(reason),
      begin: () => ["BEGIN"],
      isRetryable: () => false,
      isConnectionLost: () => false,
    },
  });
  const answer = async (): Promise<void> => {
    await settle();
    for (const [resource, done] of running) {
      running.delete(resource);
      done.resolve({ rows: [{ n: 1 }], rowCount: 1 });
      done.reject(new Error("told twice"));
    }
  };
  const [first, second] = [client.query("A", [1], { label: "a" }), client.query("B")]; // the second waits for the connection
  await answer();
  expect((await first).rows).toEqual([{ n: 1 }]);
  await clock.advance(99);
  await answer();
  expect((await second).rowCount).toBe(1);
  await expect(client.query("BAD")).rejects.toThrow("refused");
  const late = client.query("LATE");
  late.catch(() => undefined);
  await clock.advance(99);
  expect(running.size).toBe(1);
  await clock.advance(1);
  await expect(late).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  expect(started).toEqual([
    ["A", [1], { label: "a" }],
    ["B", [], {}],
    ["BAD", [], {}],
    ["LATE", [], {}],
  ]);
  expect(pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { acquired: 4, released: 4, destroyed: 0 } });
});
