import { describe, expect, test } from "vitest";
import { connectAll } from "../../src/connector/connect-all.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, gate, MemoryBackend, untilAborted } from "../support/memory-backend.js";

test("connects all at once, each named by its key", async () => {
  const backends = [new MemoryBackend(), new MemoryBackend()] as const;
  const gates = [gate(), gate()] as const;
  backends[0].beforeOpen = () => gates[0].passed;
  backends[1].beforeOpen = () => gates[1].passed;
  const connecting = connectAll({ db: backends[0].connector(), cache: backends[1].connector() });
  await settle();
  expect(backends.map(({ names }) => names)).toEqual([["db"], ["cache"]]);
  for (const { open } of gates) open();
  const registry = await connecting;
  expect([registry.get("db").state, registry.get("cache").state]).toEqual(["ready", "ready"]);
  await registry.close();
  expect(backends.map(({ live }) => live)).toEqual([0, 0]);
});

describe("when some fail", () => {
  test("tells which, why and after how long, in one error, and closes what it had opened", async () => {
    const clock = new ManualClock();
    const [db, cache, flags] = [new MemoryBackend(), new MemoryBackend(), new MemoryBackend()];
    const refused = new Error("connection refused");
    db.beforeOpen = () => Promise.reject(refused);
    flags.beforeOpen = ({ signal }) => untilAborted(signal);
    const failure = failureOf(
      connectAll(
        {
          db: db.connector({ kind: "sql" }, clock),
          cache: cache.connector({}, clock),
          flags: flags.connector({ connectTimeout: 2_000 }, clock),
        },
        { clock },
      ),
    );
    await clock.advance(2_000);
    const error = (await failure) as Error & { cause: AggregateError };
    expect(error).toMatchObject({
      code: "CONNECT_ALL_FAILED",
      message:
        '2 of 3 connectors could not connect: "db" (sql) after 0 ms: connector "db" (sql) could not connect: connection refused; ' +
        '"flags" (memory) after 2000 ms: connector "flags" (memory) did not connect within 2000 ms',
      details: {
        failures: [
          {
            name: "db",
            kind: "sql",
            code: "CONNECT_FAILED",
            reason: 'connector "db" (sql) could not connect: connection refused',
            afterMs: 0,
          },
          { name: "flags", kind: "memory", code: "CONNECT_TIMEOUT", afterMs: 2_000 },
        ],
      },
    });
    expect(error.cause).toBeInstanceOf(AggregateError);
    expect(error.cause.errors).toMatchObject([{ code: "CONNECT_FAILED", cause: refused }, { code: "CONNECT_TIMEOUT" }]);
    expect([db, cache, flags].map(({ live }) => live)).toEqual([0, 0, 0]);
    expect(cache.opened).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("the same connectors can be tried again", async () => {
    const [db, cache] = [new MemoryBackend(), new MemoryBackend()];
    const map = { db: db.connector(), cache: cache.connector() };
    db.beforeOpen = () => Promise.reject(new Error("not yet"));
    await failureOf(connectAll(map));
    db.beforeOpen = () => undefined;
    await using registry = await connectAll(map);
    expect(registry.get("db").isConnected).toBe(true);
  });

  test("leaves open what was open before", async () => {
    const [db, cache] = [new MemoryBackend(), new MemoryBackend()];
    const open = await db.connector({ name: "db" }).connect();
    cache.beforeOpen = () => Promise.reject(new Error("no"));
    expect(await failureOf(connectAll({ db: open, cache: cache.connector() }))).toMatchObject({
      code: "CONNECT_ALL_FAILED",
    });
    expect(open.isConnected).toBe(true);
  });
});

test("timeout bounds them all together", async () => {
  const clock = new ManualClock();
  const [db, stuck] = [new MemoryBackend(), new MemoryBackend()];
  stuck.beforeOpen = ({ signal }) => untilAborted(signal);
  const failure = failureOf(
    connectAll({ db: db.connector({}, clock), stuck: stuck.connector({}, clock) }, { timeout: 700, clock }),
  );
  await clock.advance(700);
  expect(await failure).toMatchObject({
    code: "CONNECT_ALL_FAILED",
    details: {
      failures: [
        { name: "stuck", code: "CONNECT_TIMEOUT", reason: "did not connect within the 700 ms for all", afterMs: 700 },
      ],
    },
  });
  expect([db.live, stuck.live]).toEqual([0, 0]);
  await connectAll({ db: db.connector({}, clock) }, { timeout: 700, clock, supervise: false });
  expect(clock.pending).toBe(0);
});

test("a signal ends it with its reason, and nothing stays open", async () => {
  const [db, stuck] = [new MemoryBackend(), new MemoryBackend()];
  stuck.beforeOpen = ({ signal }) => untilAborted(signal);
  const abort = new AbortController();
  const failure = failureOf(connectAll({ db: db.connector(), stuck: stuck.connector() }, { signal: abort.signal }));
  await settle();
  expect(db.live).toBe(1);
  abort.abort(new Error("SIGTERM"));
  expect(await failure).toEqual(new Error("SIGTERM"));
  expect([db.live, stuck.live]).toEqual([0, 0]);
  expect(await failureOf(connectAll({ x: db.connector() }, { signal: abort.signal }))).toEqual(new Error("SIGTERM"));
});

test("bad input opens nothing", async () => {
  const backend = new MemoryBackend();
  const map = { db: backend.connector(), "": new MemoryBackend().connector() };
  expect(await failureOf(connectAll(map))).toMatchObject({
    code: "INVALID_ARGUMENT",
    message: "the name of a connector must not be empty",
  });
  expect(await failureOf(connectAll({ db: backend.connector() }, { timeout: -1 }))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(backend.names).toEqual([]);
});

test("no connectors are a registry as well", async () => {
  await using registry = await connectAll({});
  expect(registry.names()).toEqual([]);
});
