import { traced } from "@pool/core";
import { sharedPostgres, type PostgresServer } from "@pool/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SharedConnections } from "../../src/shared/shared.js";
import { dialerOf, recordingDialer, sharedOf, type Settings } from "./support.js";

let server: PostgresServer;
const opened: SharedConnections[] = [];

beforeAll(async () => {
  server = await sharedPostgres();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((shared) => shared.close(1_000)));
});
afterAll(async () => await server[Symbol.asyncDispose]());

function open(settings: Settings = {}): SharedConnections {
  const shared = sharedOf(server.url, settings);
  opened.push(shared);
  return shared;
}

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("shared queries", () => {
  it("give what pg gives, for texts and objects, with and without names", async () => {
    const shared = open();
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const text =
      "select $1::int as n, 'x' as t, null as nothing, now()::date as d, array[1,2] as list, $2::jsonb as j, $3::bytea as b";
    const values = [7, { a: [1] }, Buffer.from([0, 1, 255])];
    for (let i = 0; i < 3; i++) {
      const ours = await shared.query(text, values);
      const theirs = await client.query(text, values);
      expect(ours).toEqual({ rows: theirs.rows, rowCount: 1, command: "SELECT", oid: null, fields: theirs.fields });
      const arrays = await shared.query({ text, values, rowMode: "array" });
      expect(arrays.rows).toEqual((await client.query({ text, values, rowMode: "array" })).rows);
    }
    await client.end();
  });

  it("open nothing before the first statement, and one connection for a hundred at once", async () => {
    const { dialer, dialled } = recordingDialer(server.url);
    const shared = open({ dialer });
    expect(dialled).toHaveLength(0);
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => shared.query("select $1::int as n", [n])));
    expect(results.map(({ rows }) => rows[0]!.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(dialled).toHaveLength(1);
    expect(shared.stats).toEqual({ depth: 0, queued: 0, connections: 1, completed: 100, retired: 0 });
  });

  it("write the statements of one tick at once, and a lone one without delay", async () => {
    const { dialer, dialled } = recordingDialer(server.url);
    const shared = open({ dialer });
    await shared.query("select 1");
    const stream = dialled[0]!.client.connection.stream;
    let writes = 0;
    const write = stream.write.bind(stream) as (chunk: Buffer) => boolean;
    stream.write = ((chunk: Buffer) => (writes++, write(chunk))) as typeof stream.write;
    const first = shared.query("select 1");
    expect(writes).toBe(1);
    await Promise.all([first, ...Array.from({ length: 50 }, () => shared.query("select 2"))]);
    expect(writes).toBe(2);
  });

  it("leave the others alone when one fails", async () => {
    const shared = open();
    const asked = Array.from({ length: 60 }, (_, n) => shared.query("select 10 / $1::int as n", [n % 3]));
    const settled = await Promise.allSettled(asked);
    settled.forEach((outcome, n) => {
      if (n % 3 === 0)
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: { code: "STATEMENT_FAILED", details: { sqlstate: "22012" } },
        });
      else expect(outcome).toMatchObject({ status: "fulfilled", value: { rows: [{ n: n % 3 === 1 ? 10 : 5 }] } });
    });
    expect(shared.stats.connections).toBe(1);
  });

  it("refuse what needs a session, whatever it hides behind", async () => {
    const shared = open();
    const refused = [
      "begin",
      "commit",
      "set work_mem = '1MB'",
      "listen a",
      "prepare p as select 1",
      "copy t from stdin",
      "create temp table t (a int)",
      "do $$ begin end $$",
      "call p()",
      "/* select */ -- x\n set a = 1",
      "select 1; set a = 1",
      "select ';' ; select 2",
      "select set_config('a.b', 'c', false)",
      `select pg_catalog."set_config"('a.b', 'c', false)`,
      "select pg_advisory_lock(1)",
      "select pg_try_advisory_lock_shared(1)",
      "select 1 into temp t",
      "select 1 -- x\r, set_config('a.b', 'c', false)",
      'select U&"pg_advisory\\005flock"(1)',
      "select pg_advisory_unlock_all()",
      "update pg_settings set setting = '9MB' where name = 'work_mem'",
      "select query_to_xml('select pg_advisory_lock(1)', false, false, '')",
      "select 'a\\', set_config('a.b', 'c', false) --'",
      "select 'never ended",
      "",
      " -- nothing",
      "discard all",
      "explain select 1",
    ];
    for (const text of refused) await expect(shared.query(text), text).rejects.toThrow(code("INVALID_ARGUMENT"));
    await expect(shared.query("select '\0'")).rejects.toThrow(code("INVALID_ARGUMENT"));
    await expect(shared.query("select 1", [], { timeuot: 1 } as never)).rejects.toThrow(/timeuot/);
    await expect(shared.query("select 1", [], { timeout: 0 })).rejects.toThrow(code("INVALID_ARGUMENT"));
    const taken = [
      "select 'set_config', $$begin; commit$$, E'\\'; set'",
      "(select 1);",
      "with a as (select 1) select * from a",
      "values (1)",
      "show work_mem",
      "/* a /* b */ ; */ select 1 -- ;",
      "select pg_advisory_xact_lock(1)",
    ];
    for (const text of taken) await shared.query(text);
  });

  it("judge a text in time that grows with its length alone", async () => {
    const shared = open();
    for (const part of ["/*", "'", '"', "$a", "a.", "((", "e'\\"]) {
      const before = performance.now();
      await shared.query(`do ${part.repeat(65_536 / part.length)}`).catch(() => undefined);
      expect(performance.now() - before).toBeLessThan(3_000); // a quadratic scan would take minutes
    }
  });

  it("survive a changed table, a server that forgot, and more texts than the cache holds", async () => {
    const shared = open({ statementCache: 3 });
    await server.sql("create table changing (a int)", { database: databaseOf(server.url) });
    for (let i = 0; i < 3; i++) await shared.query("select * from changing where a > $1", [0]);
    await server.sql("alter table changing add column b text; insert into changing values (1, 'b')", {
      database: databaseOf(server.url),
    });
    expect((await shared.query("select * from changing where a > $1", [0])).rows).toEqual([{ a: 1, b: "b" }]);
    for (let round = 0; round < 4; round++)
      for (let n = 0; n < 7; n++)
        expect((await shared.query(`select $1::int + ${n} as s`, [1])).rows).toEqual([{ s: n + 1 }]);
    const { rows } = await shared.query("select count(*)::int as n from pg_prepared_statements");
    expect(rows[0]!.n).toBeLessThanOrEqual(3);
    expect(shared.stats.connections).toBe(1);
  });

  it("prepare a text without values at its second use too, and give the same rows before, with and after a change of its columns", async () => {
    const shared = open();
    const sql = (text: string): Promise<unknown> => server.sql(text, { database: databaseOf(server.url) });
    await sql("create table plain (a int); insert into plain values (1)");
    for (let i = 0; i < 4; i++) {
      expect(await shared.query("table plain")).toMatchObject({ command: "SELECT", rows: [{ a: 1 }], rowCount: 1 });
      expect((await shared.query("show timezone")).fields.map(({ name }) => name)).toEqual(["TimeZone"]);
      expect(await shared.query("update plain set a = a where false")).toMatchObject({ command: "UPDATE", rows: [] });
    }
    const { rows } = await shared.query("select statement from pg_prepared_statements order by 1");
    expect(rows).toEqual(
      ["show timezone", "table plain", "update plain set a = a where false"].map((statement) => ({ statement })),
    );
    await sql("alter table plain add column b text default 'b'");
    for (let i = 0; i < 4; i++) expect((await shared.query("table plain")).rows).toEqual([{ a: 1, b: "b" }]);
    await sql("drop table plain");
    for (let i = 0; i < 2; i++)
      await expect(shared.query("table plain")).rejects.toMatchObject({ details: { sqlstate: "42P01" } });
    expect(shared.stats.connections).toBe(1);
  });

  it("name no statement where the cache is off", async () => {
    const shared = open({ statementCache: 0 });
    for (let n = 0; n < 4; n++) await shared.query({ text: "select $1::int", values: [n] });
    expect((await shared.query("select count(*)::int as n from pg_prepared_statements")).rows).toEqual([{ n: 0 }]);
  });

  it("prepare a text that fails only for the one that has failed", async () => {
    const shared = open();
    const wrong = "select $1::int from no_such_table";
    for (let i = 0; i < 3; i++) {
      const settled = await Promise.allSettled(Array.from({ length: 5 }, () => shared.query(wrong, [1])));
      for (const outcome of settled) expect(outcome).toMatchObject({ reason: { details: { sqlstate: "42P01" } } });
    }
  });

  it("reject with what a type parser throws, and go on", async () => {
    const shared = open();
    const types = {
      getTypeParser: () => () => {
        throw new Error("unreadable");
      },
    } as never;
    const [bad, good] = await Promise.allSettled([
      shared.query({ text: "select 1 as a", types }),
      shared.query("select 2 as a"),
    ]);
    expect(bad).toMatchObject({ reason: { message: "unreadable" } });
    expect(good).toMatchObject({ value: { rows: [{ a: 2 }] } });
  });

  it("publish pool:query with the text and never the values", async () => {
    const shared = open();
    const events: unknown[] = [];
    const subscriber = { start: (event: unknown) => void events.push(event) };
    traced("pool:query").subscribe(subscriber as never);
    await shared.query("select $1::text as mark", ["hidden"], { label: "marked" });
    traced("pool:query").unsubscribe(subscriber as never);
    expect(events).toContainEqual(
      expect.objectContaining({ pool: "test", label: "marked", statement: "select $1::text as mark", rowCount: 1 }),
    );
    expect(JSON.stringify(events)).not.toContain("hidden");
  });
});

describe("a full queue", () => {
  it("refuses one more, and sends no more than maxDepth at once", async () => {
    const shared = open({ options: { maxDepth: 2, maxQueued: 3 } });
    await shared.query("select 1");
    const asked = Array.from({ length: 6 }, () => shared.query("select pg_sleep(0.05)"));
    expect(shared.stats).toMatchObject({ depth: 2, queued: 3 });
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual([...Array.from({ length: 5 }, () => "fulfilled"), "rejected"]);
    expect(settled[5]).toMatchObject({ reason: { code: "QUEUE_FULL" } });
  });
});

describe("a slow statement", () => {
  it("has its connection retired: the queue moves on, what was sent behind it waits for it", async () => {
    const shared = open({ options: { slowAfter: 100, maxDepth: 2 } });
    await shared.query("select 1");
    const order: string[] = [];
    const slow = shared.query("select pg_sleep(1)").then(() => order.push("slow"));
    const behind = shared.query("select 1").then(() => order.push("behind"));
    const queued = shared.query("select 1").then(() => order.push("queued"));
    await Promise.all([slow, behind, queued]);
    expect(order).toEqual(["queued", "slow", "behind"]);
    expect(shared.stats.retired).toBe(1);
    await expect.poll(() => shared.stats.connections).toBe(1);
  });

  it("that times out is cancelled on the server, and what was sent behind it is carried out once", async () => {
    const shared = open({ options: { maxDepth: 10 } });
    await server.sql("create table once (id int primary key)", { database: databaseOf(server.url) });
    await shared.query("select 1");
    const before = performance.now();
    const slow = shared.query("select pg_sleep(20)", [], { timeout: 100 });
    const behind = Array.from({ length: 5 }, (_, n) => shared.query("insert into once values ($1)", [n]));
    await expect(slow).rejects.toThrow(
      expect.objectContaining({ code: "QUERY_TIMEOUT", details: expect.objectContaining({ sent: true }) as unknown }),
    );
    await Promise.all(behind);
    expect(performance.now() - before).toBeLessThan(3_000);
    expect((await shared.query("select count(*)::int as n from once")).rows).toEqual([{ n: 5 }]);
    const sleeping = await server.sql(
      "select 1 from pg_stat_activity where query like 'select pg_sleep(20)%' and state = 'active'",
    );
    expect(sleeping).toEqual([]);
  });

  it("has at most connections + maxRetired connections opened", async () => {
    const { dialer, dialled } = recordingDialer(server.url);
    const shared = open({ dialer, options: { slowAfter: 20, maxRetired: 2, maxDepth: 1 } });
    const asked = Array.from({ length: 12 }, () => shared.query("select pg_sleep(0.2)"));
    const most: number[] = [];
    const watch = setInterval(() => most.push(shared.stats.connections), 5);
    await Promise.all(asked);
    clearInterval(watch);
    expect(Math.max(...most)).toBeLessThanOrEqual(3);
    expect(dialled.length).toBeGreaterThan(1); // how many more depends on how long a connect takes
  });
});

describe("an abort", () => {
  it("takes what was not sent out of the queue, and leaves what was sent to itself", async () => {
    const shared = open({ options: { maxDepth: 1 } });
    await shared.query("select 1");
    const running = shared.query("select pg_sleep(0.1)");
    const controller = new AbortController();
    const queued = shared.query("select 1", [], { signal: controller.signal });
    expect(shared.stats.queued).toBe(1);
    controller.abort(new Error("no longer wanted"));
    expect(shared.stats.queued).toBe(0);
    await expect(queued).rejects.toThrow("no longer wanted");
    await running;
    await expect(shared.query("select 1", [], { signal: controller.signal })).rejects.toThrow("no longer wanted");
    expect(shared.stats.retired).toBe(0);
  });

  it("of something quick costs no connection", async () => {
    const shared = open();
    await shared.query("select 1");
    const aborted = Array.from({ length: 50 }, () => {
      const controller = new AbortController();
      const query = shared.query("select 1", [], { signal: controller.signal });
      controller.abort(new Error("gone"));
      return query;
    });
    for (const outcome of await Promise.allSettled(aborted))
      expect(outcome).toMatchObject({ reason: { message: "gone" } });
    // On a machine that is short of CPU the answer may take longer than an abort waits for it.
    await expect.poll(() => shared.stats.depth).toBe(0);
    expect(shared.stats.retired).toBeLessThanOrEqual(1);
  });
});

describe("lifetimes and closing", () => {
  it("replace a connection at its age without losing a statement", async () => {
    const { dialer, dialled } = recordingDialer(server.url);
    const shared = open({ dialer, pool: { maxLifetime: 1_000, lifetimeJitter: 0 } });
    const end = performance.now() + 15_000;
    while (dialled.length < 2 && performance.now() < end)
      await Promise.all(Array.from({ length: 10 }, () => shared.query("select 1")));
    expect(dialled).toHaveLength(2);
    await expect.poll(() => shared.stats.connections).toBe(1);
  });

  it("wait for what is under way, refuse what comes, and leave no backend", async () => {
    const shared = open({ dialer: dialerOf(`${server.url}?application_name=closing`) });
    await shared.query("select 1");
    const running = shared.query("select pg_sleep(0.2), 1 as n");
    const closing = shared.close(2_000);
    await expect(shared.query("select 1")).rejects.toThrow(code("POOL_CLOSED"));
    await expect(running).resolves.toMatchObject({ rowCount: 1 });
    await closing;
    await expect
      .poll(() => server.sql("select 1 from pg_stat_activity where application_name = 'closing'"))
      .toEqual([]);
  });

  it("cancel what takes longer than the close may", async () => {
    const shared = open({ dialer: dialerOf(`${server.url}?application_name=cut`) });
    await shared.query("select 1");
    const running = shared.query("select pg_sleep(30)");
    const lost = expect(running).rejects.toThrow(code("POOL_CLOSED"));
    await shared.close(50);
    await lost;
    await expect.poll(() => server.sql("select 1 from pg_stat_activity where application_name = 'cut'")).toEqual([]);
  });
});

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
