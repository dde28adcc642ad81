import { inspect } from "node:util";
import { type PostgresServer, seededRandom } from "@pool/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresConnection } from "../../src/connection/connection.js";
import { type PostgresStatement } from "../../src/connection/statement.js";
import { database, open, seedOf } from "./support.js";

let server: PostgresServer;
let connection: PostgresConnection;
let client: pg.Client;
beforeAll(async () => {
  server = await database();
  connection = await open(server.url);
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await server.sql("create type mood as enum ('sad', 'glad'); create type pair as (a int, b text)");
});
afterAll(async () => {
  await connection.close(true);
  await client.end();
  await server[Symbol.asyncDispose]();
});

/** What pg answers, in the shape of ours: it has null where a command counts no rows. */
async function expected(
  statement: PostgresStatement,
): Promise<{ last: unknown; results: readonly unknown[] | undefined }> {
  const { text, values, rowMode, types } = statement;
  const answer = await client.query({
    text,
    ...(values && { values: [...values] }),
    ...(rowMode === "array" && { rowMode }),
    ...(types && { types }),
  });
  const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryResult<Record<string, unknown>>[];
  const plain = results.map(({ command, rowCount, oid, rows, fields }) => ({
    command,
    rowCount: rowCount ?? 0,
    oid,
    rows,
    fields,
  }));
  return plain.length === 1 ? { last: plain[0], results: undefined } : { last: plain.at(-1), results: plain };
}

/** The same from us: unprepared, at the second use, and with nothing left to parse or describe. */
async function same(statement: PostgresStatement): Promise<void> {
  const { last, results } = await expected(statement);
  for (let use = 0; use < 3; use += 1) {
    const { results: all, ...result } = await connection.run(statement);
    expect(plainly(result), statement.text).toEqual(plainly(last));
    // The last one of ours is the result itself, with `results` on it.
    expect(plainly(all?.slice(0, -1)), statement.text).toEqual(plainly(results?.slice(0, -1)));
    if (all !== undefined) expect(all.length, statement.text).toBe(results?.length);
  }
}

/**
 * As text, with what JSON would lose: the kinds of objects, the order and names of keys (`__proto__` too), NaN, -0, milliseconds. A temporary
 * table has another number each time.
 */
function plainly(value: unknown): string {
  const all = { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity, breakLength: Infinity };
  return inspect(value, all).replaceAll(/tableID: \d{5,}/g, "tableID: (a temporary table's)");
}

/** A literal of every type that pg_type has for users, and some that are hard. */
const LITERALS: readonly string[] = [
  "true",
  "null::bool",
  "'\\x00ff10'::bytea",
  "'x'::\"char\"",
  "'n'::name",
  "9007199254740993::int8",
  "'-32768'::int2",
  "'1 2 3'::int2vector",
  "2147483647::int4",
  "'pg_class'::regclass",
  "'int4in'::regproc",
  "'ünï 𝄞 \"q\"'::text",
  "42::oid",
  "'(0,1)'::tid",
  "'7'::xid",
  "'7'::cid",
  "'1 2'::oidvector",
  '\'{"a": [1, null, "ß"]}\'::json',
  "'{\"b\": 1.50}'::jsonb",
  "'<a/>'::xml",
  "'(1,2)'::point",
  "'[(1,2),(3,4)]'::lseg",
  "'((1,2),(3,4))'::path",
  "'((1,2),(3,4))'::box",
  "'((1,2),(3,4))'::polygon",
  "'{1,2,3}'::line",
  "'<(1,2),3>'::circle",
  "1.1::float4",
  "'NaN'::float8",
  "'-Infinity'::float8",
  "12345678901234567890.123456789::numeric",
  "'NaN'::numeric",
  "1234.56::money",
  "'08:00:2b:01:02:03'::macaddr",
  "'08:00:2b:01:02:03:04:05'::macaddr8",
  "'192.168.0.0/16'::cidr",
  "'::1'::inet",
  "'a  '::char(4)",
  "'b'::varchar(9)",
  "'2024-02-29'::date",
  "'infinity'::date",
  "'0044-03-15 BC'::date",
  "'12:34:56.789'::time",
  "'12:34:56.789+02'::timetz",
  "'2024-02-29 12:34:56.789'::timestamp",
  "'-infinity'::timestamp",
  "'2024-02-29 12:34:56.789+02'::timestamptz",
  "'1 year 2 mons -3 days 04:05:06.7'::interval",
  "B'101'",
  "B'101'::varbit",
  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
  "'[1,5)'::int4range",
  "'{[1,2),[3,4)}'::int4multirange",
  "'a & b'::tsquery",
  "'a:1 b:2'::tsvector",
  "'glad'::mood",
  "row(1, 'x')::pair",
  "'{1,null,3}'::int[]",
  "'{{1,2},{3,4}}'::int[]",
  "'{}'::text[]",
  "array['a', 'b,c', null, '\"q\"', '\\']",
  "array['2024-02-29'::timestamptz]",
  "array[1.5::float8]",
  "array[true, null]",
  "array['\\x00ff'::bytea]",
  "array['{\"a\": 1}'::json]",
  "array[1.10::numeric]",
  "array['glad'::mood]",
  "array[row(1, 'x')::pair]",
  "array['1 day'::interval]",
  "'1/2'::pg_lsn",
  "'1:2:'::txid_snapshot",
  "'$.a'::jsonpath",
  "''",
  "null",
  "'{1}'::int8[]",
  "array['1.2.3.4'::inet]",
  "array['(1,2)'::point]",
];

/** Values as a program binds them, each with the type it is sent as. */
const VALUES: readonly (readonly [unknown, string])[] = [
  [1, "int"],
  [-0, "float8"],
  [1.5, "numeric"],
  [Number.NaN, "float8"],
  [Infinity, "float8"],
  [2n ** 62n, "int8"],
  [true, "bool"],
  ["ünï 𝄞", "text"],
  ["", "text"],
  [null, "text"],
  [undefined, "int"],
  [new Date(0), "timestamptz"],
  [new Date("2024-02-29T12:34:56.789Z"), "date"],
  [new Date("-000044-03-15T00:00:00Z"), "timestamptz"],
  [Buffer.from([0, 255, 16]), "bytea"],
  [new Uint8Array([1, 2]), "bytea"],
  [new Uint16Array([1, 2]).subarray(1), "bytea"],
  [Buffer.alloc(70_000, 7), "bytea"],
  ["x".repeat(70_000), "text"],
  [{ a: [1, null] }, "jsonb"],
  [["a", 'b"c', null, "d\\e"], "text[]"],
  [
    [
      [1, 2],
      [3, 4],
    ],
    "int[]",
  ],
  [[Buffer.from([0, 1])], "bytea[]"],
  [[new Date(0)], "timestamptz[]"],
  [{ toPostgres: () => "7" }, "int"],
  [{ toPostgres: (prepare: (value: unknown) => unknown) => prepare(new Date(0)) }, "text"],
  [[], "int[]"],
  ["\uD800", "text"],
];

describe("results are those of pg's own client", () => {
  it("for a value of every type", async () => {
    for (const literal of LITERALS) await same({ text: `select ${literal} as v, $1::int as n`, values: [1] });
  });

  it("for values of every kind", async () => {
    for (const [value, type] of VALUES) await same({ text: `select $1::${type} as v`, values: [value] });
  });

  it("for columns put together at random, in both row modes", async () => {
    const random = seededRandom(seedOf("corpus"));
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const names = ["a", "b", '"A b"', '"__proto__"', '"1"', '"constructor"', '"ü"', "a"];
    for (let round = 0; round < 150; round += 1) {
      const [value, type] = pick(VALUES);
      const columns = Array.from({ length: 1 + Math.floor(random() * 6) }, () => `${pick(LITERALS)} as ${pick(names)}`);
      const text = `select ${columns.join(", ")}, $1::${type} as v from generate_series(1, ${Math.floor(random() * 4)})`;
      await same({ text, values: [value], rowMode: pick(["object", "array", undefined]) });
    }
  });

  it("for commands of every kind, without values", async () => {
    for (const text of [
      "select",
      "table pg_am",
      "select 1 as a, 2 as a",
      "show search_path",
      "values (1, 'x'), (2, null)",
      "explain select 1",
      "begin; commit",
      "",
      ";",
      "-- nothing",
      "create temp table c (n int); insert into c values (1), (2) returning n; update c set n = 3; delete from c; drop table c",
      "select 1 as a; select 2 as b, 3 as c; ",
      "create temp table d as select 1 as n; fetch all from nothing_of_that_name_1",
    ].slice(0, -1))
      await same({ text });
  });

  it("with type parsers of the statement's own", async () => {
    const types = { getTypeParser: () => (value: string) => `own ${value}` } as unknown as pg.CustomTypesConfig;
    await same({ text: "select 1 as a, $1::int as b", values: [2], types });
  });
});
