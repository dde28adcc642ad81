import { seededRandom } from "@pool/testing";
import { describe, expect, it } from "vitest";
import { CLEAN, DIRT, dirtOf, type DirtKind } from "../../src/connection/dirt.js";
import { seedOf } from "./support.js";

function kindsOf(text: string): DirtKind[] {
  const dirt = dirtOf(text);
  return (Object.keys(DIRT) as DirtKind[]).filter((kind) => (DIRT[kind] & dirt) !== 0);
}

describe("what a text leaves behind", () => {
  it.each<[string, DirtKind]>([
    ["SET search_path = x", "settings"],
    ["set session authorization bob", "settings"],
    ["SET ROLE bob", "settings"],
    ["set time zone 'UTC'", "settings"],
    ["set local.setting = 1", "settings"],
    ["reset all", "settings"],
    ["select 1; /* a */ -- b\n SeT x = 1", "settings"],
    ["select set_config('a', 'b', false)", "settings"],
    ["select set_config('a', 'b', $1)", "settings"],
    ["select set_config('a', 'b', \"true\")", "settings"],
    ["select set_config('a', f(\")\", true), false)", "settings"],
    ["select pg_catalog.\"set_config\"('a', 'b', false)", "settings"],
    ["select set_config('a', set_config('b', 'c', true), false)", "settings"],
    ["create temp table t ()", "temporary"],
    ["create or replace temporary view v as select 1", "temporary"],
    ["create local temp sequence s", "temporary"],
    ["select 1 as a into temp t", "temporary"],
    ["select $1into temp t", "temporary"],
    ["create temp table t (n int) on commit drop; create temp table u ()", "temporary"],
    ["create temp table u (); create temp table t (n int) on commit drop", "temporary"],
    ["create temp table t () on commit delete rows", "temporary"],
    ["create table pg_temp.t ()", "temporary"],
    ["select pg_advisory_lock(1)", "advisory"],
    ["select pg_try_advisory_lock_shared(1, 2)", "advisory"],
    ['select "pg_advisory_lock"(1)', "advisory"],
    ["select $$ ' $$, pg_advisory_lock(1)", "advisory"],
    ["select E'\\'', pg_advisory_lock(1)", "advisory"],
    ["select '--', pg_advisory_lock(1)", "advisory"],
    ["select a$b$, pg_advisory_lock(1) from c$b$", "advisory"],
    ["/* /* */ */ listen jobs", "listen"],
    ["prepare p as select 1", "prepare"],
    ["prepare transaction as select 1", "prepare"],
    ["declare c cursor with hold for select 1", "cursor"],
    ["do $$ begin end $$", "unknown"],
    ["call p()", "unknown"],
    ["load 'x'", "unknown"],
    ["update pg_settings set setting = $1 where name = $2", "settings"],
    ["with u as (update only pg_catalog.\"pg_settings\" set setting = '9MB') select 1", "settings"],
    ["set local search_path to 'pg_temp'", "temporary"],
    ["set local search_path = public, PG_TEMP", "temporary"],
    ["set local search_path to 'pg_'\n'temp'", "temporary"],
    ["set local search_path to E'pg\\x5ftemp'", "temporary"],
    ["set local search_path to $$pg_temp$$", "temporary"],
    ["set local \"Search_Path\" to 'pg_temp'", "temporary"],
    ["set local schema 'pg_temp'", "temporary"],
    ["begin; set local search_path to 'pg_temp_3'; create table t ()", "temporary"],
    ["select set_config('Search_Path', $1, true)", "temporary"],
    ["select set_config($1, $2, true)", "temporary"],
    ["select set_config('search_' || 'path', 'pg_' || 'temp', true)", "temporary"],
    ["select pg_replication_origin_session_setup('o')", "session"],
    ["select pg_create_physical_replication_slot('s', false, true)", "session"],
    ["select query_to_xml('select pg_advisory_lock(7)', false, false, '')", "unknown"],
    ['select "database_to_xml_and_xmlschema"(true, false, $1)', "unknown"],
    ["select * from ts_stat('select pg_advisory_lock(7)::text::tsvector')", "unknown"],
    ["select 'a\\'; set x = 1; --'", "unknown"],
    ["select U&\"set_confi\\0067\"('a', 'b', false)", "unknown"],
    ["select 'never ended", "unknown"],
  ])("sees %j as %s", (text, kind) => {
    expect(kindsOf(text)).toContain(kind);
  });

  it.each([
    "",
    ";;",
    "select 1",
    "insert into t values ($1, 'set x = 1', \"set\") returning set",
    "update t set temp = 1",
    "select 'listen'; -- listen",
    "/* set x = 1 */ select 1",
    "select $a$; set x = 1; $b$ $a$",
    "set local statement_timeout = 1",
    "set local search_path to 'tenant 1', \"$user\", public",
    "set local search_path to default",
    "create temp table t (n int) on commit drop; select temp from t",
    "select set_config('search_path', 'tenant', true)",
    "select setting from pg_settings where name = 'search_path'",
    "update \"settings\" set search_path = 'pg_temp'",
    "set transaction isolation level serializable",
    "set constraints all deferred",
    "select set_config('app.user', $1, true)",
    "select pg_catalog.set_config('a', concat('b', 'c'), TRUE), 1",
    "select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock_shared(1)",
    "select pg_advisory_unlock(1)",
    "begin; savepoint a; commit",
    "prepare transaction 'x'",
    "declare c cursor without hold for select 1",
    "select E'it\\'s; set x = 1'",
    "select 'it''s; set x = 1'",
    "unlisten *",
    "discard all",
  ])("sees nothing in %j", (text) => {
    expect(kindsOf(text)).toEqual([]);
  });
});

const DIRTY: readonly (readonly [string, DirtKind])[] = [
  ["set a.b = 1", "settings"],
  ["select set_config('a.b', 'c', false)", "settings"],
  ["create temp table t (n int)", "temporary"],
  ["select pg_advisory_lock(7)", "advisory"],
  ["listen c", "listen"],
  ["prepare p as select 1", "prepare"],
  ["declare c cursor with hold for select 1", "cursor"],
];
const HARMLESS = [
  "select 1",
  "update t set a = 'set b'",
  "select $q$ ; set x = 1; $q$",
  'select "a "" ; listen b"',
  "select E'\\\\\\'' , 'x'",
  "set local a.b = 1",
  "select set_config('a.b', $1, true)",
  "insert into t select $1, temp from hold",
];
const BLANKS = [" ", "\n", "\t", " -- set x = 1\n", "/* ; listen c */", "/* /* nested */ ' */", "\f\v\r"];

describe("texts put together at random", () => {
  it("show exactly the dirt of their pieces", () => {
    const random = seededRandom(seedOf("dirt"));
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const spaced = (text: string): string => {
      // Blanks go where blanks were, outside of quotes.
      return /['"$]/.test(text) ? text : text.replaceAll(" ", () => pick(BLANKS));
    };
    const cased = (text: string): string => (random() < 0.5 ? text : /["$E]/.test(text) ? text : text.toUpperCase());
    for (let round = 0; round < 5_000; round += 1) {
      let expected = CLEAN;
      const pieces = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
        if (random() < 0.6) return pick(HARMLESS);
        const [text, kind] = pick(DIRTY);
        expected |= DIRT[kind];
        return cased(spaced(text));
      });
      const text = pieces.map((piece) => `${pick(BLANKS)}${piece}`).join(`${pick(BLANKS)};`);
      expect(dirtOf(text), text).toBe(expected);
    }
  });
});

/** Counts what is read of a text. */
class Counted {
  reads = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  get length(): number {
    return this.#text.length;
  }
  charCodeAt(index: number): number {
    this.reads += 1;
    return this.#text.charCodeAt(index);
  }
  slice(start: number, end: number): string {
    this.reads += end - start;
    return this.#text.slice(start, end);
  }
}

describe("a hostile text of 64 K characters", () => {
  const PIECES = [
    "'",
    "''",
    '"',
    '""',
    "$",
    "$$",
    "$a$",
    "$aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "/*",
    "*/",
    "/",
    "*",
    "--",
    "\n",
    "\\",
    "\\'",
    "E'",
    "U&",
    "a",
    "aaaa",
    "$1",
    ";",
    "(",
    ")",
    ",",
    "set_config",
    "set",
    " ",
  ];
  const random = seededRandom(seedOf("hostile"));
  const mixed = Array.from({ length: 200 }, () => {
    const some = Array.from(
      { length: 1 + Math.floor(random() * 5) },
      () => PIECES[Math.floor(random() * PIECES.length)]!,
    );
    let text = "";
    while (text.length < 65_536) text += some[Math.floor(random() * some.length)]!;
    return text;
  });
  const built = PIECES.flatMap((piece) => [
    piece.repeat(65_536 / piece.length),
    `${"a".repeat(30_000)}${piece}${"a".repeat(30_000)}`,
    `$${"a".repeat(30_000)}$${`$${"a".repeat(300)}`.repeat(100)}${piece}`,
  ]);

  it("is read a bounded number of times per character", () => {
    for (const text of [...mixed, ...built]) {
      const counted = new Counted(text);
      dirtOf(counted);
      expect(counted.reads, `${JSON.stringify(text.slice(0, 60))}…`).toBeLessThanOrEqual(8 * text.length + 64);
    }
  });
});
