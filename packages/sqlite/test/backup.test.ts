import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { sqlite, verifyBackup } from "../src/index.js";
import { failureOf, openDatabase, temporaryFolder, withProducts } from "./support.js";

test("copies a database that is written to all the time, as of one moment", async () => {
  const { client } = await openDatabase();
  await client.query("create table account (id integer primary key, balance integer not null, filler blob)");
  await client.batch(
    Array.from({ length: 400 }, (_, at) => ({
      text: "insert into account values (?, 100, randomblob(20000))",
      values: [at],
    })),
  );
  await client.query("pragma user_version = 7");
  const target = join(temporaryFolder(), "copy.db");
  const stop = new AbortController();
  let transfers = 0;
  const writing = (async () => {
    for (; !stop.signal.aborted; transfers++) {
      await client.batch([
        { text: "update account set balance = balance - 1 where id = ?", values: [transfers % 400] },
        { text: "update account set balance = balance + 1 where id = ?", values: [(transfers * 7 + 1) % 400] },
      ]);
    }
  })();
  const seen: number[] = [];
  const report = await client.backup(target, { verify: true, progress: ({ remaining }) => seen.push(remaining) });
  stop.abort();
  await writing;
  expect(transfers).toBeGreaterThan(0);
  expect(report).toMatchObject({ file: target, verified: true });
  expect(report.bytes).toBe(report.pages * 4096);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  expect(readdirSync(dirname(target))).toEqual([basename(target)]);
  expect(await verifyBackup(target)).toMatchObject({ ok: true, userVersion: 7, objects: 1, problems: [] });

  await using copy = await sqlite({ file: target, readers: 1 }).connect();
  expect((await copy.client.query("select sum(balance) as n, count(*) as rows from account")).rows).toEqual([
    { n: 40_000, rows: 400 },
  ]);
});

test("takes the place of an older copy in one step", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 5);
  const target = join(temporaryFolder(), "copy.db");
  await client.backup(target);
  await client.query("delete from product where id > 1");
  await client.backup(target, { verify: true });
  await using copy = await sqlite({ file: target, readers: 1 }).connect();
  expect((await copy.client.query("select count(*) as n from product")).rows).toEqual([{ n: 1 }]);
});

test("leaves the older copy alone, and nothing beside it, when it is cancelled", async () => {
  const { client } = await openDatabase();
  await client.query("create table t (a)");
  await client.batch(Array.from({ length: 60 }, () => ({ text: "insert into t values (randomblob(1000000))" })));
  const folder = temporaryFolder();
  const target = join(folder, "copy.db");
  writeFileSync(target, "the older one");
  const controller = new AbortController();
  const backup = client.backup(target, {
    signal: controller.signal,
    progress: () => controller.abort(new Error("enough")),
  });
  await expect(backup).rejects.toThrow("enough");
  expect(readFileSync(target, "utf8")).toBe("the older one");
  expect(readdirSync(folder)).toEqual(["copy.db"]);
});

const throwing: readonly (readonly [how: string, progress: () => unknown])[] = [
  [
    "throws",
    () => {
      throw new Error("from progress");
    },
  ],
  ["rejects", () => Promise.reject(new Error("from progress"))],
];

test.each(throwing)("rejects with what the progress callback %s, and leaves nothing", async (_, progress) => {
  const { client } = await openDatabase();
  await client.query("create table t (a)");
  await client.batch(Array.from({ length: 60 }, () => ({ text: "insert into t values (randomblob(1000000))" })));
  const folder = temporaryFolder();
  await expect(client.backup(join(folder, "copy.db"), { progress })).rejects.toThrow("from progress");
  expect(readdirSync(folder)).toEqual([]);
});

test("ends a backup with the disconnect that does not wait for it, and begins none afterwards", async () => {
  const { db, client } = await openDatabase();
  await client.query("create table t (a)");
  await client.batch(Array.from({ length: 60 }, () => ({ text: "insert into t values (randomblob(1000000))" })));
  const folder = temporaryFolder();
  let closing: Promise<void> | undefined;
  const progress = (): void => void (closing ??= db.disconnect({ timeout: 0 }));
  expect(await failureOf(client.backup(join(folder, "copy.db"), { progress }))).toMatchObject({ code: "POOL_CLOSED" });
  await closing;
  expect(readdirSync(folder)).toEqual([]);
  expect(await failureOf(client.backup(join(folder, "copy.db")))).toMatchObject({ code: "POOL_CLOSED" });
});

test("waits at the disconnect for a backup under way", async () => {
  const { db, client } = await openDatabase();
  await withProducts(client, 500);
  const target = join(temporaryFolder(), "copy.db");
  const backup = client.backup(target, { verify: true });
  await db.disconnect({ timeout: 30_000 });
  expect(await backup).toMatchObject({ verified: true });
});

test("says that the file is gone which is to be copied", async () => {
  const { client, file } = await openDatabase();
  await client.query("create table t (a)");
  rmSync(file);
  expect(await failureOf(client.backup(join(temporaryFolder(), "copy.db")))).toMatchObject({
    code: "BACKUP_FAILED",
    cause: { code: "CANNOT_OPEN" },
  });
});

test("refuses a folder that is missing, and the database itself under any name", async () => {
  const { client, file } = await openDatabase();
  await client.query("create table t (a)");
  const alias = join(dirname(file), "alias.db");
  symlinkSync(file, alias);
  for (const target of [join(temporaryFolder(), "nowhere", "copy.db"), file, alias, dirname(file)]) {
    expect(await failureOf(client.backup(target))).toMatchObject({ code: "BACKUP_FAILED" });
  }
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 0 }]);
});

test("refuses a copy that breaks a foreign key, when it verifies", async () => {
  const { client } = await openDatabase({ pragmas: { foreign_keys: false } });
  await client.query("create table parent (id integer primary key)");
  await client.query("create table child (parent integer references parent)");
  await client.query("insert into child values (42)");
  const target = join(temporaryFolder(), "copy.db");
  const error = await failureOf(client.backup(target, { verify: true }));
  expect(error).toMatchObject({ code: "BACKUP_FAILED", message: expect.stringContaining("foreign key") as string });
  expect(existsSync(target)).toBe(false);
  expect(await client.backup(target)).toMatchObject({ verified: false });
});

test("finds a damaged copy, and one that is none", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 2_000);
  const target = join(temporaryFolder(), "copy.db");
  const { bytes } = await client.backup(target);
  const whole = readFileSync(target);
  writeFileSync(target, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(8192, 0xa5), whole.subarray(16384)]));
  const found = await verifyBackup(target);
  expect(found.ok).toBe(false);
  expect(found.problems.length).toBeGreaterThan(0);
  truncateSync(target, bytes / 2);
  expect((await verifyBackup(target)).ok).toBe(false);
  writeFileSync(target, "this is no database, but it is long enough to look like one. ".repeat(100));
  expect(await failureOf(verifyBackup(target))).toMatchObject({ code: "NOT_A_DATABASE" });
  expect(await failureOf(verifyBackup(join(temporaryFolder(), "none.db")))).toMatchObject({ code: "CANNOT_OPEN" });
});
