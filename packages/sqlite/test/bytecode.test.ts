import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { loadDriver } from "../src/helper/database.js";
import { InThreadReader } from "../src/read/in-thread.js";

const folder = mkdtempSync(join(tmpdir(), "pool-sqlite-test-"));
const file = join(folder, "a.db");
let reader: InThreadReader;

beforeAll(() => {
  const Driver = loadDriver();
  const database = new Driver(file, {});
  database.exec(`
    create table product (id integer primary key, code text unique, name text, price real, data text);
    create table line (id integer primary key, product integer references product, amount integer);
    create index line_product on line (product);
    create table pair (a integer, b text, c, primary key (a, b)) without rowid;
    create virtual table words using fts5 (body);
  `);
  database.close();
  const spec = { file, create: false, readonly: false, pragmas: [], bigint: false, busyTimeout: 0, statementCache: 10 };
  reader = new InThreadReader({ name: "test", file }, spec);
});
afterAll(() => {
  reader.close();
  rmSync(folder, { recursive: true });
});

test.each([
  "select * from product where id = ?",
  "select name, price * 2 as twice from product where code = ?",
  "select p.name, l.amount from line l join product p on p.id = l.product where l.id = ?",
  "select c from pair where a = ? and b = ?",
  "select coalesce(name, 'none') as name, length(name), upper(name) from product where id = ? limit 1",
  "select name from product where id = ? and price > 5",
  "select 1",
  "select max(price, ?) from product where id = ?",
  "select trim(name), ltrim(name), rtrim(name), hex(name), substr(name, 2) from product where id = ?",
  "select (select name from product where id = 1) as a, (select name from product where id = 2) as b",
])("reads in this thread: %s", (text) => {
  expect(reader.plan(text).kind).toBe("point");
});

test.each([
  "select * from product",
  "select count(*) from product",
  "select * from product where name = ?",
  "select * from line where product = ?",
  "select * from product where id in (1, 2)",
  "select * from product where id > ? order by id limit 1",
  "select name from product where id = ? or code = ?",
  "select exists (select 1 from line where product = ?) as used",
  "select sum(amount) from line where product = ?",
  "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c",
  "select * from words where words match ?",
  "select * from json_each(?)",
  "select data like ? from product where id = 1",
  "select printf('%.*c', 1000000000, 'x')",
  "select zeroblob(1000000000)",
  "select replace(data, 'a', 'aaaaaaaaaa') from product where id = 1",
  "select trim(?, ?)",
  "select ltrim(?, name) from product where id = 1",
  "select rtrim(name, ?) from product where id = 1",
  "select instr(data, ?) from product where id = 1",
  "select strftime(?, data) from product where id = 1",
  "select quote(data), randomblob(?) from product where id = 1",
  "select group_concat(name) from product where id = 1",
  "select * from pragma_integrity_check",
  "pragma integrity_check",
  "pragma table_info(product)",
  "explain select 1",
  "select * from product p, product q where p.id = 1",
  "values (1), (2)",
])("sends to a reader: %s", (text) => {
  expect(reader.plan(text).kind).toBe("read");
});

test.each([
  "insert into product (name) values (?)",
  "insert into product (name) values (?) returning id",
  "update product set name = ? where id = ?",
  "with a as (select 1 as id) delete from product where id in (select id from a)",
  "create table t (a)",
  "pragma user_version = 5",
  "pragma wal_checkpoint",
  "vacuum",
  "analyze",
])("sends to the writer: %s", (text) => {
  expect(reader.plan(text).kind).toBe("write");
});

test("calls no function in this thread that takes long for what it is given, whatever that is", () => {
  const Driver = loadDriver();
  const database = new Driver(":memory:", {});
  const names = database
    .prepare("select distinct name from pragma_function_list where name glob '[a-z]*'")
    .pluck()
    .all();
  const manySigns = Array.from({ length: 20_000 }, (_, at) => String.fromCharCode(0x4e00 + at)).join("");
  const [sames, almost] = ["b".repeat(100_000), `${"b".repeat(50_000)}c`];
  const given = [
    [sames, `${manySigns}b`],
    [sames, almost],
    ["%J".repeat(50_000), "now"],
    [1e9, 1e9],
  ];
  const here = names
    .flatMap((name) => [`${String(name)}(?)`, `${String(name)}(?, ?)`])
    .filter((call) => kindOf(`select ${call}`) === "point");
  const slow = here.filter((call) => {
    const statement = database.prepare(`select ${call}`);
    return given.some((values) => {
      const startedAt = performance.now();
      statement.get(...values.slice(0, call.split("?").length - 1));
      return performance.now() - startedAt > 150;
    });
  });
  database.close();
  expect(here.length).toBeGreaterThan(20);
  expect(slow).toEqual([]);
});

function kindOf(text: string): string | undefined {
  try {
    return reader.plan(text).kind;
  } catch {
    return undefined; // no such function, with so many arguments
  }
}

test("does not look at a text of 64 thousand characters, and needs no time for it", () => {
  const startedAt = performance.now();
  for (const text of [
    `select '${"x".repeat(64_000)}'`,
    `${" ".repeat(64_000)}select 1`,
    `${"-- x\n".repeat(12_800)}select 1`,
    `/*${"*".repeat(64_000)}`,
  ]) {
    expect(reader.plan(text).kind).toBe("unknown");
  }
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
