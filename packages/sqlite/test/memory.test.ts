import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { makeMemoryFile } from "../src/memory.js";
import { openDatabase, temporaryFolder, withProducts } from "./support.js";

test("is one database for all connections of a connector", async () => {
  const { client } = await openDatabase({ file: ":memory:" });
  await withProducts(client, 10);
  expect((await client.query("select name from product where id = 3")).rows).toEqual([{ name: "product 3" }]);
  expect((await client.query("select count(*) as n from product")).rows).toEqual([{ n: 10 }]);
  expect((await client.session((s) => s.query("select count(*) as n from product"), { readOnly: true })).rows).toEqual([
    { n: 10 },
  ]);
  await client.transaction((tx) => tx.query("delete from product where id > 5"));
  expect((await client.query("select max(id) as id from product")).rows).toEqual([{ id: 5 }]);
});

test("is another database for each connector", async () => {
  const [one, two] = await Promise.all([openDatabase({ file: ":memory:" }), openDatabase({ file: ":memory:" })]);
  await withProducts(one.client, 1);
  expect((await two.client.query("select count(*) as n from sqlite_schema")).rows).toEqual([{ n: 0 }]);
  expect(one.client.file).not.toBe(two.client.file);
});

test("is private, and gone after the disconnect", async () => {
  const { db, client } = await openDatabase({ file: ":memory:", memoryFolder: temporaryFolder() });
  await withProducts(client, 1);
  const folder = dirname(client.file);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await db.disconnect();
  expect(existsSync(folder)).toBe(false);
  await db.connect();
  expect((await db.client.query("select count(*) as n from sqlite_schema")).rows).toEqual([{ n: 0 }]);
});

test("leaves nothing behind in a folder where it cannot be opened", async () => {
  const folder = temporaryFolder();
  const made = makeMemoryFile(folder);
  expect(readdirSync(folder)).toHaveLength(1);
  made.remove();
  made.remove();
  expect(readdirSync(folder)).toEqual([]);
});

test("removes what a killed process left behind, and nothing of a living one", async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  const space = process.platform === "linux" ? (/\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0") : "0";
  mkdirSync(join(folder, `pool-sqlite-${space}-${child.pid}-dead`));
  mkdirSync(join(folder, `pool-sqlite-1-${child.pid}-elsewhere`));
  mkdirSync(join(folder, "something else"));
  const mine = makeMemoryFile(folder);
  const second = makeMemoryFile(folder);
  expect(readdirSync(folder)).toHaveLength(4);
  expect(existsSync(join(folder, `pool-sqlite-${space}-${child.pid}-dead`))).toBe(false);
  mine.remove();
  second.remove();
});
