import { expect, test } from "vitest";
import { type SqliteClient } from "../src/index.js";
import { failureOf, openDatabase, withProducts } from "./support.js";

async function numberOf(client: SqliteClient, pragma: string): Promise<number> {
  const { rows } = await client.query<Record<string, number>>(`pragma ${pragma}`);
  return Object.values(rows[0] ?? {})[0] ?? NaN;
}

test("analyzes what an index has come to hold, by PRAGMA optimize on the writer", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 100);
  await client.query("create index stock on product (stock)");
  await client.query("analyze");
  const more = `insert into product (name, stock) with recursive c(x) as (select 200 union all select x + 1 from c limit 5000)
    select 'product ' || x, x from c`;
  await client.query(more);
  await client.session((session) => session.query("select count(*) as n from product where stock = 5 and id > 3"));
  await client.query("pragma optimize");
  await client.query("pragma main.optimize(0x10002)");
  const analyzed = await client.query("select stat from sqlite_stat1 where idx = 'stock'");
  expect(analyzed.rows).toEqual([{ stat: "5100 1" }]);
});

test("frees as many pages as PRAGMA incremental_vacuum is told to", async () => {
  const { client } = await openDatabase({ readers: 1, pragmas: { auto_vacuum: 2 } });
  await client.query("create table big (data)");
  await client.query("insert into big values (zeroblob(4000000))");
  await client.query("delete from big");
  const before = await numberOf(client, "freelist_count");
  await client.query("pragma incremental_vacuum(100)");
  expect(before - (await numberOf(client, "freelist_count"))).toBe(100);
  await client.session((session) => session.query("pragma incremental_vacuum(50)"));
  expect(before - (await numberOf(client, "freelist_count"))).toBe(150);
  expect(await failureOf(client.query("pragma incremental_vacuum(50)", [1]))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await client.query("pragma incremental_vacuum");
  expect(await numberOf(client, "freelist_count")).toBe(0);
});

test("changes how the file gives pages back, on the writer", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  await client.query("pragma auto_vacuum = 2");
  await client.query("vacuum");
  expect(await numberOf(client, "auto_vacuum")).toBe(2);
  await client.query("pragma user_version = 9");
  await client.query("pragma application_id(7)");
  expect([await numberOf(client, "user_version"), await numberOf(client, "application_id")]).toEqual([9, 7]);
});

test("asks PRAGMAs where nobody waits for the writer", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  await client.session(async () => {
    for (const text of ["journal_mode", "user_version", "integrity_check", "quick_check(product)", "foreign_key_check"])
      expect(await client.query(`pragma ${text}`), text).toMatchObject({
        rowCount: text === "foreign_key_check" ? 0 : 1,
      });
    const tidies = client.query("pragma optimize");
    expect(await failureOf(tidies)).toMatchObject({ code: "SELF_DEADLOCK" });
  });
  expect((await client.query("pragma wal_checkpoint(truncate)")).rows).toMatchObject([{ busy: 0 }]);
});

test("does not touch the temporary schema of one connection by PRAGMA", async () => {
  const { client } = await openDatabase({ readers: 1 });
  const set = "pragma temp.user_version = 5";
  for (const attempt of [client.query(set), client.session((session) => session.query(set))])
    expect(await failureOf(attempt)).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("explains by the indexes that there are, and asks of the schema that there is", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  await client.query("create table line (product integer, other integer)");
  const explain = "explain query plan select * from line where product = 1";
  const plan = async (): Promise<string | undefined> =>
    (await client.query<{ detail: string }>(explain)).rows[0]?.detail;
  expect([await plan(), await plan()]).toEqual(["SCAN line", "SCAN line"]);
  expect(await client.query("pragma foreign_key_list(line)")).toMatchObject({ rowCount: 0 });
  await client.query("create index by_product on line (product)");
  expect(await plan()).toMatch(/USING INDEX by_product/);
  expect(await client.query("pragma index_info(by_product)")).toMatchObject({ rowCount: 1 });
  await client.query("drop index by_product");
  expect(await plan()).toBe("SCAN line");
  await client.query("drop table line");
  await client.query("create table line (product integer references product)");
  expect(await client.query("pragma foreign_key_list(line)")).toMatchObject({ rowCount: 1 });
  await client.session(async (session) => {
    expect((await session.query(explain)).rows).toMatchObject([{ detail: "SCAN line" }]);
    await session.query("create index again on line (product)");
    expect((await session.query(explain)).rows[0]).toMatchObject({ detail: expect.stringMatching(/again/) as string });
  });
});
