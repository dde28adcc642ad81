import { connectAll, defineConnector, moment, trace, traced } from "@pool/core";
import { postgres } from "@pool/postgres";
import { sqlite } from "@pool/sqlite";
import { sharedPostgres } from "@pool/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { watch, type MonitorSnapshot } from "../src/index.js";
import { PgFingerprints } from "../src/statements/pg-fingerprints.js";
import { fingerprintOf } from "../src/statements/fingerprint.js";
import { StatementRow } from "../src/statements/statement-row.js";
import { named, testMonitor } from "./support/watched-pool.js";

const until = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: 20_000, interval: 25 });

test(
  "sees what PostgreSQL does: statements with rows and errors by class, holders in a transaction, shared lines, health",
  { timeout: 60_000 },
  async () => {
    using monitor = watch({ logAfter: 400, slowAfter: 500 });
    await using server = await sharedPostgres();
    await using connector = await postgres({ url: server.url, name: "db", maxSize: 3 }).connect();
    const { client } = connector;
    await client.query("create temporary table t (id int primary key)").catch(() => undefined);
    const all = await client.query("select n from generate_series(1, 5) n where n <> $1", [3], { label: "report" });
    expect(all.rowCount).toBe(4);
    await client.query("SELECT n FROM generate_series(1, 7) n WHERE n <> $1", [3]);
    await expect(client.query("select 1 / 0")).rejects.toThrow();
    await expect(client.query("selekt 'secret'")).rejects.toThrow();
    await client.query("select pg_sleep(0.6), 'secret'");
    await client.shared.query("select 1 as shared");
    await connector.healthCheck();
    let inside: MonitorSnapshot | undefined;
    await client.transaction(
      async (tx) => {
        await tx.query("select 42 as answer");
        inside = monitor.snapshot();
      },
      { label: "transfer" },
    );
    expect(named(inside?.pools ?? [], "db").holders).toMatchObject([
      { label: "transfer", inTransaction: true, lastStatement: "select ? as answer" },
    ]);
    await until(() =>
      expect(monitor.snapshot().statements.rows.some(({ pgFingerprint }) => pgFingerprint !== null)).toBe(true),
    );
    const snapshot = monitor.snapshot();
    const row = (text: string) => snapshot.statements.rows.find((each) => each.text === text);
    expect(row("select n from generate_series(?) n where n <> ?")).toMatchObject({
      pool: "db",
      count: 2,
      rows: 10,
      errors: 0,
      labels: [{ label: "report", count: 1 }],
    });
    expect(row("selekt ?")).toMatchObject({ errors: 1, errorsByClass: expect.any(Object) as object });
    expect(row("select pg_sleep(?), ?")).toMatchObject({
      slow: 1,
      pgFingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    expect(snapshot.slowStatements.find(({ pool }) => pool === "db")).toMatchObject({
      text: "select pg_sleep(?), ?",
      slow: true,
      pool: "db",
    });
    expect(named(snapshot.pools, "db")).toMatchObject({
      kind: "postgres",
      stats: { leased: 0 },
      recent: { errors: 2, slow: 1 },
    });
    expect(named(snapshot.pools, "db").create.count).toBeGreaterThan(0);
    expect(named(snapshot.connectors, "db")).toMatchObject({
      state: "ready",
      isConnected: true,
      health: { healthy: true },
    });
    expect(JSON.stringify(snapshot)).not.toContain("secret");
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  },
);

test("shows what slow statements were called with to who has asked for it, and to nobody else", async () => {
  using plain = watch({ logAfter: 0 });
  using asking = watch({ logAfter: 0, values: true, flightEvents: 50 });
  await using server = await sharedPostgres();
  await using registry = await connectAll({
    pg: postgres({ url: server.url }),
    lite: sqlite({ file: ":memory:" }),
  });
  const { client } = registry.get("pg");
  await client.query("select $1::text, 'written'", ["bound to pg"]);
  await client.transaction((tx) => tx.query("select $1::text as a", ["bound in a transaction"]));
  await client.shared.query("select $1::text as b", ["bound to shared"]);
  await registry.get("lite").client.query("select ?", ["bound to sqlite"]);
  const { slowStatements } = asking.snapshot();
  const sent = slowStatements.map((one) => one.sent);
  expect(sent).toContainEqual({ text: "select $1::text, 'written'", values: "[ 'bound to pg' ]" });
  for (const where of ["in a transaction", "to shared", "to sqlite"])
    expect(sent.map((one) => one?.values)).toContain(`[ 'bound ${where}' ]`);
  expect(JSON.stringify(plain.snapshot())).not.toMatch(/bound|written/);
  expect(JSON.stringify(asking.flight())).not.toMatch(/bound|written/);
});

test("sees what SQLite does in each of its lanes, and leaves a batch one message", { timeout: 60_000 }, async () => {
  using monitor = watch();
  await using connector = await sqlite({ file: ":memory:", name: "file", connectTimeout: "50s" }).connect();
  const { client } = connector;
  await client.query("create table product (id integer primary key, stock integer)");
  await client.batch(
    Array.from({ length: 5 }, (_, id) => ({ text: "insert into product values (?, 1)", values: [id] })),
  );
  for (let id = 0; id < 5; id++) await client.query("select * from product where id = ?", [id]);
  await client.query("select * from product where stock > 0");
  await expect(client.query("select * from nowhere")).rejects.toThrow("nowhere");
  // A caller may hear before the listener does.
  await until(() => {
    const { rows } = monitor.snapshot().statements;
    const seen = new Map(rows.map(({ text, pool, count, rows: read }) => [text, { pool, count, rows: read }]));
    expect(seen.get("select * from product where id = ?")).toEqual({ pool: "file:in-thread", count: 5, rows: 5 });
    expect(seen.get("select * from product where stock > ?")).toEqual({ pool: "file:threads", count: 1, rows: 5 });
    expect([...seen.keys()].filter((text) => text.startsWith("begin immediate; insert into product"))).toHaveLength(1);
  });
  const { pools, shared } = monitor.snapshot();
  expect(pools.map(({ name }) => name)).toContain("file:writer");
  expect(shared.map(({ name }) => name)).toEqual(["file:in-thread"]);
});

test("sees caches and locks by their events", async () => {
  const { monitor, clock } = testMonitor();
  const get = moment("cache:get");
  for (const outcome of ["hit", "hit", "stale", "miss", "shared"] as const) get.publish({ cache: "prices", outcome });
  const compute = (work: () => Promise<void>): Promise<unknown> =>
    trace(traced("cache:compute"), { cache: "prices", background: false }, work).catch(() => undefined);
  await compute(async () => clock.jump(30));
  await compute(() => Promise.reject(new Error("no")));
  moment("cache:unreadable").publish({ cache: "prices", cause: new Error("another format") });
  moment("cache:store").publish({ cache: "prices", store: "redis", state: "away", cause: new Error("gone") });
  const lock = { kind: "redis", key: "order 7", label: undefined };
  await trace(traced("lock:acquire"), { ...lock, token: 1n }, async () => clock.jump(20));
  await trace(traced("lock:acquire"), { ...lock, token: 2n }, async () => clock.jump(10));
  await trace(traced("lock:acquire"), lock, () => Promise.reject(new Error("no"))).catch(() => undefined);
  moment("lock:release").publish({ ...lock, heldMs: 100 });
  const { caches, locks } = monitor.snapshot();
  expect(caches).toMatchObject([
    {
      name: "prices",
      hits: 2,
      stale: 1,
      negative: 0,
      misses: 1,
      shared: 1,
      hitRatio: 0.6,
      computeErrors: 1,
      unreadable: 1,
    },
  ]);
  expect(caches[0]).toMatchObject({
    compute: { count: 2, max: 30 },
    stores: [{ store: "redis", state: "away", cause: { message: "gone" } }],
  });
  expect(locks).toMatchObject([
    {
      kind: "redis",
      held: 1,
      acquired: 2,
      failed: 1,
      lost: 0,
      wait: { count: 2, max: 20 },
      hold: { count: 1, max: 100 },
    },
  ]);
  moment("lock:lost").publish({ ...lock, heldMs: 500, cause: new Error("expired") });
  expect(monitor.snapshot().locks).toMatchObject([{ held: 0, lost: 1, hold: { max: 500 } }]);
  expect(JSON.stringify(monitor.snapshot())).not.toContain("order 7");
});

test("a recovery that fails raises an alert until the connector is ready", async () => {
  const { monitor } = testMonitor();
  const event = {
    connector: "db",
    kind: "postgres",
    errorClass: "connection",
    attempt: 3,
    cause: new Error("gone"),
  } as const;
  moment("connector:recovery").publish({ ...event, action: "reconnect" });
  expect(monitor.snapshot().alerts.firing).toEqual([]);
  moment("connector:recovery").publish({ ...event, action: "alarm" });
  moment("connector:recovery").publish({ ...event, action: "alarm", attempt: 4 });
  expect(monitor.snapshot().alerts.firing).toMatchObject([
    { id: "recovery-failed:db", severity: "critical", subjectKind: "connector", value: 4 },
  ]);
  expect(named(monitor.snapshot().connectors, "db").recoveries).toMatchObject([
    { action: "alarm", attempt: 4 },
    {},
    { action: "reconnect" },
  ]);
  moment("connector:state").publish({
    connector: "db",
    kind: "postgres",
    from: "degraded",
    to: "ready",
    cause: undefined,
  });
  expect(monitor.snapshot().alerts).toMatchObject({
    firing: [],
    resolved: [{ id: "recovery-failed:db", state: "resolved" }],
  });
});

test("a connector whose numbers throw is shown without them", async () => {
  const { monitor } = testMonitor();
  const broken = (): never => {
    throw new Error("broken");
  };
  const connector = defineConnector({
    kind: "fake",
    name: "odd",
    options: {},
    key: "k",
    open: async () => ({}),
    close: async () => undefined,
    check: async () => broken(),
    connections: broken,
    gauges: broken,
  });
  await connector.connect();
  onTestFinished(() => connector.disconnect());
  await connector.healthCheck();
  expect(named(monitor.snapshot().connectors, "odd")).toMatchObject({
    state: "degraded",
    connections: null,
    gauges: {},
    health: { healthy: false, error: { message: "broken" } },
  });
});

test("PostgreSQL's fingerprints are made for slow statements alone, once each and a few a second", async () => {
  const asked: string[] = [];
  const fingerprints = new PgFingerprints(async () => ({
    fingerprint: async (query) => {
      asked.push(query);
      if (query.includes("nonsense")) throw new Error("syntax error");
      return query === "select 1" ? "unterminated 'secret'" : "0123456789abcdef";
    },
  }));
  const rows = Array.from(
    { length: 25 },
    (_, n) => new StatementRow("db", fingerprintOf(`select ${"x".repeat(n + 1)}`)),
  );
  rows.forEach((row, n) => fingerprints.want(row, n === 0 ? "nonsense" : `select ${n}`));
  for (const row of rows) fingerprints.want(row, "again");
  await fingerprints.turn();
  expect(asked).toHaveLength(10);
  for (let turn = 0; turn < 3; turn++) await fingerprints.turn();
  expect(asked).toHaveLength(25);
  expect(rows.map(({ pgFingerprint }) => pgFingerprint)).toEqual([
    null,
    null,
    ...Array.from({ length: 23 }, () => "0123456789abcdef"),
  ]);
});

test("without libpg-query, or once it has trapped, there are no such fingerprints, and nothing else is lost", async () => {
  const row = new StatementRow("db", fingerprintOf("select 1"));
  const absent = new PgFingerprints(() => Promise.reject(new Error("cannot find it")));
  absent.want(row, "select 1");
  await absent.turn();
  absent.want(new StatementRow("db", fingerprintOf("select 2")), "select 2");
  await absent.turn();
  let asked = 0;
  const trapped = new PgFingerprints(async () => ({
    fingerprint: async () => {
      asked++;
      throw Object.assign(new Error("unreachable"), { name: "RuntimeError" });
    },
  }));
  for (let n = 0; n < 3; n++) trapped.want(new StatementRow("db", fingerprintOf(`select a${n}`)), "select");
  await trapped.turn();
  await trapped.turn();
  expect([row.pgFingerprint, asked]).toEqual([null, 1]);
});

test("the real parser takes hostile statements without harm", async () => {
  const fingerprints = new PgFingerprints();
  const statements = [
    "select 1",
    `select ${"(".repeat(5_000)}1${")".repeat(5_000)}`,
    "select 'open",
    "\u0000",
    "'",
    "select $$ 漢字 $$",
  ];
  const rows = statements.map((statement) => new StatementRow("db", fingerprintOf(statement)));
  rows.forEach((row, at) => fingerprints.want(row, statements[at] ?? ""));
  await fingerprints.turn();
  expect(rows[0]?.pgFingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(rows[2]?.pgFingerprint).toBeNull();
});
