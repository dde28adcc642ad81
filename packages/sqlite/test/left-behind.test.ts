import { expect, test } from "vitest";
import { type SqliteClient } from "../src/index.js";
import { failureOf, openDatabase, withProducts } from "./support.js";

/** What the writer has for a PRAGMA. */
async function onWriter(client: SqliteClient, name: string): Promise<unknown> {
  const { rows } = await client.session((session) => session.query(`pragma ${name}`));
  return Object.values(rows[0] ?? {})[0];
}

test("takes back a PRAGMA whose name is in quotes, and takes none outside a session", async () => {
  const { client } = await openDatabase({ readers: 1 });
  for (const text of ["pragma 'foreign_keys' = off", "pragma 'main'.foreign_keys = off"]) {
    expect(await failureOf(client.query(text))).toMatchObject({ code: "INVALID_ARGUMENT" });
    await client.session((session) => session.query(text));
    expect(await onWriter(client, "foreign_keys")).toBe(1);
  }
});

const neverSet = [
  ["query_only", "1"],
  ["synchronous", "0"],
  ["busy_timeout", "9999"],
  ["locking_mode", "exclusive"],
  ["wal_autocheckpoint", "0"],
  ["journal_size_limit", "1"],
  ["temp_store", "1"],
  ["trusted_schema", "0"],
  ["writable_schema", "1"],
] as const;

test("carries out no PRAGMA that it refuses: not in a session, a batch or an EXPLAIN, nor where several statements are given", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  for (const [name, value] of neverSet) {
    const before = await onWriter(client, name);
    const text = `pragma ${name} = ${value}`;
    for (const refused of [text, `explain ${text}`, `explain query plan ${text}`, `${text}; select 1`]) {
      const inSession = client.session((session) => session.query(refused));
      expect(await failureOf(inSession), refused).toMatchObject({ code: "INVALID_ARGUMENT" });
      const inBatch = client.batch([{ text: refused }]);
      expect(await failureOf(inBatch), refused).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(await onWriter(client, name), name).toBe(before);
  }
  const batch = client.batch([{ text: "pragma ignore_check_constraints = on" }]);
  expect(await failureOf(batch)).toMatchObject({ code: "INVALID_ARGUMENT" });
  const write = client.query("update product set stock = -1 where id = 1");
  expect(await failureOf(write)).toMatchObject({ code: "CONSTRAINT_FAILED" });
  expect(client.pools.writer.stats.totals.closed).toBe(0);
});

test("explains no PRAGMA that would be carried out, in this thread or in a reader", async () => {
  const { client } = await openDatabase({ readers: 1 });
  const alike = ["select 'A' like 'a' as x", "select 'A' like 'a' as x from (select 1 union all select 2 limit 1)"];
  for (const text of ["explain pragma case_sensitive_like = on", "explain query plan pragma case_sensitive_like(1)"]) {
    expect(await failureOf(client.query(text))).toMatchObject({ code: "INVALID_ARGUMENT" });
    // Too long to be looked at in this thread.
    const long = `${text} /* ${"x".repeat(64_000)} */`;
    expect(await failureOf(client.query(long))).toMatchObject({ code: "INVALID_ARGUMENT" });
    for (const asks of alike) expect((await client.query(`${asks} -- ${text}`)).rows).toEqual([{ x: 1 }]);
  }
});

test("takes back a PRAGMA of a text that fails after it was carried out", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await failureOf(client.session((session) => session.query("pragma foreign_keys = off; select 1")));
  expect(await onWriter(client, "foreign_keys")).toBe(1);
});

const sessionsOwn = [
  ["foreign_keys", "off"],
  ["defer_foreign_keys", "on"],
  ["ignore_check_constraints", "on"],
  ["legacy_alter_table", "on"],
  ["recursive_triggers", "on"],
  ["cache_size", "55"],
  ["analysis_limit", "77"],
  ["automatic_index", "off"],
] as const;

test("takes back every PRAGMA that a session may change, time after time", async () => {
  const { client } = await openDatabase({ readers: 1, pragmas: { recursive_triggers: true, analysis_limit: 400 } });
  await withProducts(client, 3);
  const alike = async (): Promise<unknown> =>
    (await client.session((session) => session.query("select 'A' like 'a' as x"))).rows;
  for (let round = 0; round < 3; round++) {
    for (const [name, value] of sessionsOwn) {
      const before = await onWriter(client, name);
      await client.session((session) => session.query(`pragma ${name} = ${value}`));
      expect(await onWriter(client, name), name).toBe(before);
    }
    await client.session((session) => session.query("pragma case_sensitive_like = on"));
    expect(await alike()).toEqual([{ x: 1 }]);
  }
  expect(await onWriter(client, "recursive_triggers")).toBe(1);
  expect(await onWriter(client, "analysis_limit")).toBe(400);
  const write = client.query("update product set stock = -1 where id = 1");
  expect(await failureOf(write)).toMatchObject({ code: "CONSTRAINT_FAILED" });
  expect(client.pools.writer.stats.totals.closed).toBe(0);
});

test("goes back to what the option says where a PRAGMA cannot be read, also in a reader", async () => {
  const { client } = await openDatabase({ readers: 1, pragmas: { case_sensitive_like: true } });
  for (const readOnly of [false, true]) {
    await client.session((session) => session.query("pragma case_sensitive_like = off"), { readOnly });
    const { rows } = await client.session((session) => session.query("select 'A' like 'a' as x"), { readOnly });
    expect(rows).toEqual([{ x: 0 }]);
  }
});

test("carries a PRAGMA out each time that a session sets it, and tells what it is now", async () => {
  const { client } = await openDatabase({ readers: 1 });
  for (let round = 0; round < 3; round++) {
    await client.session(async (session) => {
      const sizes: unknown[] = [];
      for (const text of ["pragma cache_size", "pragma cache_size = 55", "pragma cache_size"])
        sizes.push(...(await session.query<{ cache_size: number }>(text)).rows.map((row) => row.cache_size));
      expect(sizes).toEqual([10_000, 55]);
      expect((await session.query("pragma analysis_limit = 77")).rows).toEqual([{ analysis_limit: 77 }]);
      expect((await session.query("pragma analysis_limit")).rows).toEqual([{ analysis_limit: 77 }]);
    });
  }
});

// Each hides something of the file's, and most without the word TEMP behind CREATE.
const temporary: [what: string, ...texts: string[]][] = [
  ["a table", "create temp table product (id integer primary key, name, stock)"],
  ["a table by its schema", "create table temp.product (id integer primary key, name, stock)"],
  ["a table in quotes", 'create table if not exists "temp".product (id integer primary key, name, stock)'],
  ["a table of rows", "create table if not exists temp.product as select * from main.product"],
  ["a table with counted keys", "create table temp.product (id integer primary key autoincrement, name, stock)"],
  ["a table by another name", "create table temp.p (id, name, stock)", "alter table temp.p rename to product"],
  ["a search table", "create virtual table temp.product using fts5(id, name, stock)"],
  ["a view", "create view if not exists temp.product as select 1 as id, 'x' as name, 2 as stock"],
  ["a trigger", "create trigger temp.t before insert on main.product begin select raise(ignore); end"],
  ["statistics", "analyze temp"],
];

const insert = "insert into product (id, name, stock) values (?, 'new', 7)";
const kept = "select stock from main.product where id = ?";

test.each(temporary)("takes back what a session has made for itself: %s", async (_, ...texts) => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  for (let round = 0; round < 2; round++) {
    const id = 10 + round;
    await client.session(async (session) => {
      await session.query("begin");
      for (const text of texts) await session.query(text);
      if (round === 0) await session.query("commit");
    });
    await client.query(insert.replace("'new'", `'new ${id}'`), [id]);
    expect((await client.query(kept, [id])).rows).toEqual([{ stock: 7 }]);
    const left = await client.session((session) => session.query("select name from sqlite_temp_schema"));
    expect(left.rows).toEqual([]);
  }
  expect(client.pools.writer.stats.totals.closed).toBe(0);
});

test.each(temporary)("lets no statement on its own make for its connection: %s", async (_, text) => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  // In one list with those that it would mislead.
  const [made, ...written] = await Promise.allSettled([client.query(text), client.query(insert, [10])]);
  expect(made).toMatchObject({ reason: { code: "INVALID_ARGUMENT" } });
  expect(written).toMatchObject([{ status: "fulfilled" }]);
  expect((await client.query(kept, [10])).rows).toEqual([{ stock: 7 }]);
});

test("takes back what a batch has made for itself, before the next statement", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  const [, , counted] = await Promise.all([
    client.batch([{ text: "create table temp.product as select * from main.product" }]),
    client.query(insert, [10]),
    client.query("select count(*) as n from product"),
  ]);
  expect(counted.rows).not.toEqual([{ n: 0 }]);
  expect((await client.query(kept, [10])).rows).toEqual([{ stock: 7 }]);
});

test("keeps what a session makes for itself until its end", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await client.session(async (session) => {
    await session.query("create table temp.own (n)");
    await session.query("insert into own values (1)");
    await session.query("create table theirs (n)");
    expect((await session.query("select n from own")).rows).toEqual([{ n: 1 }]);
  });
  expect(await onWriter(client, "temp_store")).toBe(2);
});
