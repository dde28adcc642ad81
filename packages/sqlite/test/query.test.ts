import { AsyncLocalStorage } from "node:async_hooks";
import { onEvent, traced } from "@pool/core";
import { expect, onTestFinished, test } from "vitest";
import { eventually, failureOf, openDatabase, sharedDatabase, withProducts } from "./support.js";

const numbers = sharedDatabase({}, async (client) => {
  await withProducts(client, 500);
  await client.query("create table line (product integer not null references product)");
  await client.query("create table note (a text)");
});
const bigints = sharedDatabase({ integers: "bigint" });

// The same through each of the ways: this thread, a reader thread, a reader process, the writer.
const ways = ["point", "thread", "process", "writer"] as const;

async function through(way: (typeof ways)[number], text: string, values?: readonly unknown[], bigint = false) {
  const { client } = bigint ? bigints() : numbers();
  if (way === "point") return await client.query(`select ${text}`, values);
  // A loop in the program keeps it out of this thread.
  const loop = `select ${text} from (select 1 union all select 2 limit 1)`;
  if (way === "thread") return await client.query(loop, values);
  if (way === "process") return await client.query(loop, values, { signal: AbortSignal.timeout(60_000) });
  return await client.session((session) => session.query(`select ${text}`, values));
}

test.each(ways)("carries every kind of value both ways (%s)", async (way) => {
  const blob = Buffer.from([0, 1, 255]);
  const values = [1.5, "text with \0 and ✓", null, 12345678901234n, blob];
  const { rows, rowCount } = await through(way, "? as real, ? as text, ? as none, ? as big, ? as blob", values);
  expect(rows).toEqual([{ real: 1.5, text: "text with \0 and ✓", none: null, big: 12345678901234, blob }]);
  expect(Buffer.isBuffer((rows[0] as { blob: unknown }).blob)).toBe(true);
  expect(rowCount).toBe(1);
});

test.each(ways)("gives integers as bigints when told to (%s)", async (way) => {
  const { rows } = await through(way, "9007199254740993 as big, 1.5 as real", [], true);
  expect(rows).toEqual([{ big: 9007199254740993n, real: 1.5 }]);
});

test.each(ways)("binds by name (%s)", async (way) => {
  expect((await through(way, "@a as a, :b as b, $c as c", [{ a: 1, b: "two", c: null }])).rows).toEqual([
    { a: 1, b: "two", c: null },
  ]);
});

test.each(ways)("gives many rows in order (%s)", async (way) => {
  const { client } = numbers();
  const text = "select id, name, stock, x'01' as b from product order by id";
  const options = way === "process" ? { signal: AbortSignal.timeout(60_000) } : {};
  const { rows } =
    way === "writer" ? await client.session((s) => s.query(text)) : await client.query(text, [], options);
  expect(rows).toHaveLength(500);
  expect(rows[499]).toEqual({ id: 500, name: "product 500", stock: 500, b: Buffer.from([1]) });
  expect(Buffer.isBuffer((rows[499] as { b: unknown }).b)).toBe(true);
});

test("says how many rows a write has changed, and the id of the last that was added", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 10);
  expect(await client.query("insert into product (name, stock) values ('a', 1)")).toEqual({
    rows: [],
    rowCount: 1,
    lastInsertRowid: 11,
  });
  expect(await client.query("update product set stock = 0 where id > ?", [5])).toMatchObject({ rowCount: 6 });
  expect(await client.query("delete from product where id = 1 returning name")).toMatchObject({
    rows: [{ name: "product 1" }],
    rowCount: 1,
  });
});

test("sees its own writes, whoever reads", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 10);
  for (let round = 1; round <= 50; round++) {
    await client.query("update product set stock = ?", [round]);
    const [point, scan] = await Promise.all([
      client.query("select stock from product where id = ?", [3]),
      client.query("select distinct stock from product"),
    ]);
    expect([point.rows, scan.rows]).toEqual([[{ stock: round }], [{ stock: round }]]);
  }
});

test("reads with common table expressions and writes with them", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 10);
  expect((await client.query("with a as (select 4 as id) select name from product join a using (id)")).rows).toEqual([
    { name: "product 4" },
  ]);
  expect(
    await client.query("with a as (select 4 as id) delete from product where id in (select id from a)"),
  ).toMatchObject({ rowCount: 1 });
});

/** A blob whose memory belongs to somebody else by now. */
function handedOver(): Uint8Array {
  const blob = new Uint8Array(4);
  structuredClone(blob, { transfer: [blob.buffer] });
  return blob;
}

const refused: [what: string, text: unknown, values: unknown, message: RegExp][] = [
  ["two statements", "select 1; select 2", [], /more than one statement/],
  ["no statement", "-- nothing", [], /no statements/],
  ["an empty text", "  ", [], /not empty/],
  ["a text that is none", 5, [], /not empty/],
  ["BEGIN", "begin", [], /belongs to client.transaction/],
  ["COMMIT behind a comment", "/* x */ commit", [], /belongs to client.transaction/],
  ["ATTACH", "attach 'x.db' as x", [], /make a connector/],
  ["a PRAGMA for one connection", "pragma foreign_keys = off", [], /option "pragmas"/],
  ["the end of read-only", 'pragma "query_only" = 0', [], /option "pragmas"/],
  ["too few values", "select ?, ?", [1], /too few/],
  ["too many values", "select ?", [1, 2], /too many/],
  ["a Date", "select ?", [new Date()], /value 1 is a Date/],
  ["a boolean", "select ?", [true], /value 1 is a boolean/],
  ["undefined", "select ?, ?", [1, undefined], /value 2 is undefined/],
  ["a function by name", "select @a", { a: () => 1 }, /value "a" is a function/],
  ["a scalar for values", "select ?", 7, /values must be an array or a plain object, got a number/],
  ["null for values", "select ?", null, /got null/],
  ["an array behind a Proxy", "select ?", new Proxy([1], {}), /got a Proxy/],
  ["values by name behind a Proxy", "select @a", new Proxy({ a: 1 }, {}), /got a Proxy/],
  ["a forgotten await", "select ?", Promise.resolve([1]), /got a promise \(await it\)/],
  [
    "an instance of a class",
    "select @a",
    new (class Named {
      a = 1;
    })(),
    /got an object/,
  ],
  ["a write of an array behind a Proxy", "insert into note values (?)", new Proxy([1], {}), /got a Proxy/],
  ["a write of a promise", "insert into note values (?)", Promise.resolve([1]), /got a promise/],
  ["a scan for a blob without its memory", "select a, ? from note", [handedOver()], /value 1 is a blob/],
  ["a DataView", "select ?", [new DataView(new ArrayBuffer(4))], /value 1 is a DataView/],
  ["a blob without its memory", "select ?", [handedOver()], /value 1 is a blob whose memory was handed over/],
  ["a write with a symbol", "create table x as select ?", [Symbol("x")], /value 1 is a symbol/],
];

test.each(refused)("refuses %s", async (_, text, values, message) => {
  const { client } = numbers();
  const error = await failureOf(client.query(text as string, values as unknown[]));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(error.message).toMatch(message);
  expect(error.message).toContain("test");
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test.each(ways)("refuses a blob in place of a list of values (%s)", async (way) => {
  for (const values of [Buffer.from("ab"), new Float64Array(1), new Uint8Array(0)]) {
    const refusal = failureOf(through(way, "? as a", values as unknown as readonly unknown[]));
    expect(await refusal).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/values.*(?:got a blob|an array)/) as string,
    });
  }
});

test.each(["point", "thread", "process"] as const)(
  "takes values as they were at the call, whatever becomes of them afterwards (%s)",
  async (way) => {
    const blob = Buffer.from("before");
    const floats = new Float64Array([1]);
    const values = ["before", blob, floats];
    const answer = through(way, "? as text, ? as blob, ? as floats", values);
    values[0] = "after";
    blob.write("after!");
    floats[0] = 2;
    const before = { text: "before", blob: Buffer.from("before"), floats: Buffer.from(new Float64Array([1]).buffer) };
    expect((await answer).rows).toEqual([before]);
  },
);

test("stores what is written by position, by name and in a batch, as it was at the call", async () => {
  const { client } = numbers();
  const blob = Buffer.from("before");
  const named = { a: blob };
  const answers = [
    client.query("insert into note values (?) returning a", [blob]),
    client.query("insert into note values (@a) returning a", named),
    client.query("insert into note values (@a) returning a", [named]),
    client.batch([{ text: "insert into note values (?) returning a", values: [blob] }]).then(([first]) => first!),
  ];
  blob.write("after!");
  named.a = Buffer.from("other");
  for (const { rows } of await Promise.all(answers)) expect(rows).toEqual([{ a: Buffer.from("before") }]);
  await client.query("delete from note");
});

test("binds the items of a list, and nothing else that hangs on it", async () => {
  const { client } = numbers();
  const odd = Object.assign(["odd"], { f: () => 1 });
  for (const text of ["select ? as a", "select ? as a from (select 1 union all select 2 limit 1)"])
    expect((await client.query(text, odd)).rows).toEqual([{ a: "odd" }]);
  await client.transaction(async (tx) => {
    await tx.query("insert into note values (?)", odd);
    await tx.query("delete from note");
  });
  await client.batch([{ text: "insert into note values (?)", values: odd }, { text: "delete from note" }]);
  expect(client.pools.writer.stats.leased).toBe(0);
});

const failing: [what: string, text: string, expected: object][] = [
  ["syntax", "selec 1", { code: "STATEMENT_FAILED" }],
  ["an unknown table", "select * from nowhere", { code: "STATEMENT_FAILED" }],
  [
    "a unique key",
    "insert into product (id, name, stock) values (999, 'product 1', 1)",
    { code: "CONSTRAINT_FAILED", details: { constraint: "unique" } },
  ],
  [
    "a primary key",
    "insert into product (id, name, stock) values (1, 'x', 1)",
    { code: "CONSTRAINT_FAILED", details: { constraint: "primarykey" } },
  ],
  [
    "a check",
    "update product set stock = -1 where id = 1",
    { code: "CONSTRAINT_FAILED", details: { constraint: "check" } },
  ],
  [
    "a missing value",
    "insert into product (name) values ('x')",
    { code: "CONSTRAINT_FAILED", details: { constraint: "notnull" } },
  ],
  [
    "a foreign key",
    "insert into line (product) values (1000)",
    { code: "CONSTRAINT_FAILED", details: { constraint: "foreignkey" } },
  ],
];

test.each(failing)("tells of %s with a code, the file and SQLite's own error", async (_, text, expected) => {
  const { client, file } = numbers();
  const error = await failureOf(client.query(text));
  expect(error).toMatchObject(expected);
  expect(error).toMatchObject({
    details: { file },
    cause: { name: "SqliteError", code: expect.stringMatching(/^SQLITE_/) as string },
  });
});

test("keeps its connections through 300 errors", async () => {
  const { client } = numbers();
  await Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      const text =
        at % 2 === 0
          ? "insert into product (id, name, stock) values (1, 'x', 1)"
          : "select abs(-9223372036854775808) from product, product p";
      await failureOf(client.query(text));
    }),
  );
  for (const pool of [client.pools.writer, client.pools.threads]) expect(pool.stats.totals.closed).toBe(0);
});

test("follows a schema that changes under it", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 3);
  expect((await client.query("select * from product where id = 1")).rows).toEqual([
    { id: 1, name: "product 1", stock: 1 },
  ]);
  await client.query("alter table product rename column stock to left_over");
  expect((await client.query("select * from product where id = 1")).rows).toEqual([
    { id: 1, name: "product 1", left_over: 1 },
  ]);
  await client.query("drop table product");
  expect(await failureOf(client.query("select * from product where id = 1"))).toMatchObject({
    code: "STATEMENT_FAILED",
  });
});

test("reads off this thread what an index no longer makes short", async () => {
  const { client } = await openDatabase();
  await client.query("create table line (number integer, text)");
  await client.query("create unique index line_number on line (number)");
  const seen: string[] = [];
  const read = "select text from line where number = ?";
  const listening = onEvent("pool:statement", ({ pool, statement }) => {
    if (statement === read) seen.push(pool);
  });
  onTestFinished(() => listening[Symbol.dispose]());
  await client.query(read, [1]);
  await client.query("drop index line_number");
  await client.query(read, [2]);
  expect(await eventually(() => seen.length === 2)).toBe(true);
  expect(seen).toEqual(["test:in-thread", "test:threads"]);
});

test("runs a text that is too long to look at first", async () => {
  const { client } = numbers();
  const long = "x".repeat(64_000);
  expect(await client.query(`insert into note values ('${long}')`)).toMatchObject({ rowCount: 1 });
  expect((await client.query(`select length('${long}') as n, count(*) as rows from note`)).rows).toEqual([
    { n: 64_000, rows: 1 },
  ]);
});

test("publishes each statement with its pool and row count, and never its values", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 5);
  const seen: object[] = [];
  const listener = { asyncEnd: (event: object) => void seen.push({ ...event }) };
  const channel = traced("pool:query");
  channel.subscribe(listener as never);
  onTestFinished(() => channel.unsubscribe(listener as never));
  await client.query("select * from product where id = ?", [4242]);
  await client.query("select * from product where stock > ?", [2]);
  await client.query("update product set stock = stock + ?", [1]);
  // The caller of the last one may hear before the listener does.
  expect(await eventually(() => seen.length === 3)).toBe(true);
  expect(seen).toMatchObject([
    { pool: "test:in-thread", statement: "select * from product where id = ?", rowCount: 0 },
    { pool: "test:threads", statement: "select * from product where stock > ?", rowCount: 3 },
    { pool: "test:writer", statement: "update product set stock = stock + ?", rowCount: 5 },
  ]);
  expect(JSON.stringify(seen)).not.toContain("4242");
});

test("tells each statement in its caller's async context, also of those that share a message", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 5);
  const context = new AsyncLocalStorage<string>();
  const seen: string[] = [];
  const listening = onEvent("pool:statement", ({ statement, durationMs, failed }) => {
    expect([durationMs >= 0, failed]).toEqual([true, false]);
    seen.push(`${statement} for ${String(context.getStore())}`);
  });
  onTestFinished(() => listening[Symbol.dispose]());
  const texts = Array.from(
    { length: 20 },
    (_, n) => `select ${n} as n from product where ${n % 2 ? "stock > 2" : "id = 1"}`,
  );
  const writes = Array.from({ length: 5 }, (_, n) => `update product set stock = stock + ${n}`);
  const all = [...texts, ...writes];
  await Promise.all(all.map((text, at) => context.run(String(at), () => client.query(text))));
  expect(await eventually(() => seen.length === all.length)).toBe(true);
  expect(seen.toSorted()).toEqual(all.map((text, at) => `${text} for ${at}`).toSorted());
});

test("a batch stays one message for those who listen to statements as they end", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 5);
  const seen: unknown[] = [];
  const listening = onEvent("pool:statement", ({ statement }) => seen.push(statement));
  onTestFinished(() => listening[Symbol.dispose]());
  const text = "update product set stock = stock + 1 where id = ?";
  await client.batch([1, 2, 3].map((id) => ({ text, values: [id] })));
  expect(await eventually(() => seen.length > 0)).toBe(true);
  expect(seen).toEqual([`begin immediate; ${text}; …`]);
});

test("lets the event loop breathe in a loop of awaited point reads", async () => {
  const { client } = numbers();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  for (let at = 0; at < 20_000; at++) await client.query("select * from product where id = ?", [1]);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
});
