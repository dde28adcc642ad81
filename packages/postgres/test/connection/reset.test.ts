import { type PostgresServer } from "@pool/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PostgresConnection } from "../../src/connection/connection.js";
import { type ResetMode } from "../../src/connection/session-dirt.js";
import { database, dial, open, OPTIONS, recordWritesOf } from "./support.js";
import { PostgresConnection as Connection } from "../../src/connection/connection.js";

let server: PostgresServer;
let connection: PostgresConnection;
let writes: string[];

beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());
beforeEach(async () => {
  const dialled = await dial(server.url);
  writes = recordWritesOf(dialled.client);
  connection = new Connection(dialled, OPTIONS);
});
afterEach(async () => await connection.close(true));

const SIGNAL = AbortSignal.timeout(60_000);
const reset = async (mode: ResetMode = "auto"): Promise<void> => await connection.reset(mode, SIGNAL);
const one = async (text: string): Promise<unknown> => Object.values((await connection.run({ text })).rows[0] ?? {})[0];

describe("reset auto", () => {
  it.each<[string, string, string, unknown]>([
    ["settings", "set work_mem = '1MB'", "select current_setting('work_mem') <> '1MB'", true],
    ["set_config", "select set_config('a.b', 'c', false)", "select coalesce(current_setting('a.b', true), '')", ""],
    ["roles", "set role pg_monitor", "select current_user = session_user", true],
    ["temporary tables", "create temp table t ()", "select to_regclass('pg_temp.t')::text", null],
    [
      "tables that search_path makes temporary",
      "select set_config('search_path', 'pg_temp', false); create table u ()",
      "select to_regclass('pg_temp.u')::text",
      null,
    ],
    [
      "tables that a local search_path makes temporary",
      "begin; set local search_path to 'pg_temp'; create table v (); commit",
      "select to_regclass('pg_temp.v')::text",
      null,
    ],
    [
      "tables that a local set_config makes temporary",
      "begin; select set_config('search_path', 'pg_' || 'temp', true); create table w (); commit",
      "select to_regclass('pg_temp.w')::text",
      null,
    ],
    [
      "updates of pg_settings",
      "update pg_settings set setting = '1234' where name = 'work_mem'",
      "select setting <> '1234' from pg_settings where name = 'work_mem'",
      true,
    ],
    [
      "what a text has done that XML was made from",
      "select query_to_xml('select pg_advisory_lock(4714)', false, false, '')",
      "select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4714",
      0,
    ],
    [
      "advisory locks",
      "select pg_advisory_lock(4711)",
      "select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4711",
      0,
    ],
    ["LISTEN", "listen jobs", "select count(*)::int from pg_listening_channels()", 0],
    ["PREPARE", "prepare p as select 1", "select count(*)::int from pg_prepared_statements", 0],
    [
      "cursors WITH HOLD",
      "begin; declare c cursor with hold for select 1; commit",
      "select count(*)::int from pg_cursors",
      0,
    ],
    [
      "what a DO block did",
      "do $$ begin perform set_config('a.b', 'c', false); perform pg_advisory_lock(4712); end $$",
      "select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4712",
      0,
    ],
  ])("undoes %s in one round trip", async (_name, text, probe, expected) => {
    await connection.run({ text });
    expect(connection.status.clean).toBe(false);
    writes.length = 0;
    await reset();
    expect(writes).toEqual(["Q"]);
    expect(connection.status).toEqual({ inTransaction: false, busy: false, clean: true });
    expect(await one(probe)).toBe(expected);
  });

  it("rejects where only the end of the session undoes it, so that the connection is closed", async () => {
    await connection.run({ text: "select pg_create_physical_replication_slot('ends_with_session', false, true)" });
    expect(connection.status.clean).toBe(false);
    await expect(reset()).rejects.toMatchObject({ code: "RESET_FAILED" });
    await expect(reset("discard")).rejects.toMatchObject({ code: "RESET_FAILED" });
    await connection.close(true);
    const left = "select 1 from pg_replication_slots where slot_name = 'ends_with_session'";
    await expect.poll(() => server.sql(left)).toEqual([]);
  });

  it("costs a clean lease nothing", async () => {
    await connection.run({ text: "select $1::int", values: [1] });
    await connection.run({ text: "begin; set local work_mem = '1MB'; commit" });
    expect(connection.status.clean).toBe(true);
    writes.length = 0;
    await reset();
    expect(writes).toEqual([]);
  });

  it("rolls back and undoes together", async () => {
    await connection.run({ text: "begin; set work_mem = '1MB'; select pg_advisory_lock(4713)" });
    await expect(connection.run({ text: "nonsense" })).rejects.toThrow();
    writes.length = 0;
    await reset();
    expect(writes).toEqual(["Q"]);
    expect(connection.status).toEqual({ inTransaction: false, busy: false, clean: true });
    expect(await one("select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4713")).toBe(0);
    expect(await one("select current_setting('work_mem') <> '1MB'")).toBe(true);
  });

  it("keeps what the connection was started with", async () => {
    const url = new URL(server.url);
    url.searchParams.set("options", "-c work_mem=7MB");
    const tuned = await open(url.href);
    await tuned.run({ text: "set work_mem = '1MB'" });
    await tuned.reset("auto", SIGNAL);
    expect((await tuned.run({ text: "show work_mem" })).rows).toEqual([{ work_mem: "7MB" }]);
    await tuned.close(true);
  });

  it("undoes everything once somebody had the driver's client, whose own names work again", async () => {
    const named = { name: "mine", text: "select $1::int as n", values: [1] };
    await connection.client.query(named);
    expect(connection.status.clean).toBe(false);
    await reset();
    expect(await one("select count(*)::int from pg_prepared_statements")).toBe(0);
    expect((await connection.client.query(named)).rows).toEqual([{ n: 1 }]);
  });

  it("forgets its own prepared statements with those of others", async () => {
    const read = { text: "select $1::int as n", values: [1] };
    await connection.run(read);
    await connection.run(read);
    await connection.run({ text: "prepare p as select 1" });
    await reset();
    expect((await connection.run(read)).rows).toEqual([{ n: 1 }]);
  });

  it("is busy while a statement runs, so that a release destroys the connection", async () => {
    const running = connection.run({ text: "select pg_sleep(0.1)" });
    expect(connection.status).toMatchObject({ busy: true, clean: false });
    await running;
    expect(connection.status).toMatchObject({ busy: false, clean: true });
  });
});

describe("the other modes", () => {
  it("discard undoes everything, seen or not, a transaction too", async () => {
    const strict = await open(server.url, { reset: "discard" });
    expect(strict.status.clean).toBe(false);
    await strict.run({
      text: "create function pg_temp.f() returns text language sql as $$ select set_config('a.b', 'c', false) $$",
    });
    await strict.run({ text: "select pg_temp.f()" });
    await strict.run({ text: "begin" });
    await strict.reset("discard", SIGNAL);
    const { rows } = await strict.run({ text: "select coalesce(current_setting('a.b', true), '') as v" });
    expect(rows).toEqual([{ v: "" }]);
    await strict.close(true);
  });

  it("rollback ends a transaction and nothing else", async () => {
    const lax = await open(server.url, { reset: "rollback" });
    await lax.run({ text: "set work_mem = '1MB'" });
    expect(lax.status.clean).toBe(true);
    await lax.run({ text: "begin" });
    expect(lax.status.clean).toBe(false);
    await lax.reset("rollback", SIGNAL);
    expect((await lax.run({ text: "show work_mem" })).rows).toEqual([{ work_mem: "1MB" }]);
    expect(lax.status).toEqual({ inTransaction: false, busy: false, clean: true });
    await lax.close(true);
  });

  it("none refuses an open transaction", async () => {
    await connection.run({ text: "begin" });
    await expect(reset("none")).rejects.toMatchObject({ code: "TRANSACTION_OPEN" });
  });
});
