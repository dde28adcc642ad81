import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type SqliteClient, verifyBackup } from "../src/index.js";
import { eventually, failureOf, openDatabase, otherProgram, temporaryFolder, withProducts } from "./support.js";

const Database = createRequire(import.meta.url)("better-sqlite3") as new (file: string) => {
  prepare(text: string): { all(): unknown[] };
  close(): void;
};

/** What another program reads there. */
function namesIn(file: string): unknown {
  const database = new Database(file);
  try {
    return database.prepare("select name from sqlite_schema where type = 'table'").all();
  } finally {
    database.close();
  }
}

// With 50 rows, written and never moved into the file.
const OLD_COPY = `
  const db = new Database(process.argv[1]);
  db.exec(process.argv[2]);
  db.exec("create table old (id integer primary key, x)");
  for (let at = 0; at < 50; at++) db.prepare("insert into old (x) values (?)").run("z".repeat(3000));
  db.exec(process.argv[3]);
  console.log("done");
  setInterval(() => {}, 1000);
`;
const oldCopy = (target: string, before: string, after = "") => otherProgram(OLD_COPY, target, before, after);

/** The same, of a program that is gone. */
async function deadCopy(target: string, before: string, after = ""): Promise<void> {
  const child = await oldCopy(target, before, after);
  child.kill("SIGKILL");
  await eventually(() => child.signalCode !== null);
}

async function productsOf(client: SqliteClient): Promise<string> {
  await withProducts(client, 500);
  return join(temporaryFolder(), "copy.db");
}

const LEFT_BEHIND: readonly (readonly [log: string, before: string, after: string])[] = [
  ["-wal", "pragma journal_mode = wal", ""],
  ["-journal", "pragma cache_size = 2", "begin; update old set x = x || 'more'"],
];

test.each(LEFT_BEHIND)(
  "brings a %s into the older copy, so that it cannot meet the new one",
  async (log, before, after) => {
    const { client } = await openDatabase();
    const target = await productsOf(client);
    await deadCopy(target, before, after);
    expect(statSync(`${target}${log}`).size).toBeGreaterThan(0);
    expect(await client.backup(target, { verify: true })).toMatchObject({ verified: true });
    expect(readdirSync(dirname(target))).toEqual(["copy.db"]);
    expect(await verifyBackup(target)).toMatchObject({ ok: true });
    expect(namesIn(target)).toEqual([{ name: "product" }]);
  },
);

test("leaves the older copy whole when the new one comes to nothing", async () => {
  const { client } = await openDatabase();
  const target = await productsOf(client);
  await deadCopy(target, "pragma journal_mode = wal");
  const abort = new AbortController();
  const progress = (): void => abort.abort(new Error("enough"));
  await expect(client.backup(target, { signal: abort.signal, progress })).rejects.toThrow("enough");
  expect(namesIn(target)).toEqual([{ name: "old" }]);
});

test("removes logs that no copy belongs to", async () => {
  const { client } = await openDatabase();
  const target = await productsOf(client);
  await deadCopy(target, "pragma journal_mode = wal");
  const log = readFileSync(`${target}-wal`);
  await client.backup(target);
  const alone = join(temporaryFolder(), "copy.db");
  writeFileSync(`${alone}-wal`, log);
  await client.backup(alone, { verify: true });
  expect(existsSync(`${alone}-wal`)).toBe(false);
  expect(namesIn(alone)).toEqual([{ name: "product" }]);
});

const OPEN: readonly (readonly [how: string, before: string, after: string])[] = [
  ["open", "pragma journal_mode = wal", ""],
  ["written to", "pragma cache_size = 2", "begin; update old set x = x || 'more'"],
];

test.each(OPEN)("refuses to replace a copy that is %s", async (_, before, after) => {
  const { client } = await openDatabase();
  const target = await productsOf(client);
  const user = await oldCopy(target, before, after);
  const error = await failureOf(client.backup(target, { verify: true }));
  expect(error).toMatchObject({ code: "BACKUP_FAILED", message: expect.stringContaining("open elsewhere") as string });
  expect(readdirSync(dirname(target)).filter((name) => name.includes("partial"))).toEqual([]);
  user.kill("SIGKILL");
  await eventually(() => user.signalCode !== null);
  expect(namesIn(target)).toEqual([{ name: "old" }]);
});

test("refuses to replace a copy that somebody opens meanwhile", async () => {
  const { client } = await openDatabase();
  const target = await productsOf(client);
  await client.backup(target);
  const progress = (): void => writeFileSync(`${target}-wal`, "the log of somebody");
  const error = await failureOf(client.backup(target, { progress }));
  expect(error).toMatchObject({ code: "BACKUP_FAILED", message: expect.stringContaining("copy.db-wal") as string });
  expect(readdirSync(dirname(target)).sort()).toEqual(["copy.db", "copy.db-wal"]);
});

test("does not call a file sound that has a log beside it, and leaves both as they are", async () => {
  const { client } = await openDatabase();
  const target = await productsOf(client);
  await deadCopy(target, "pragma journal_mode = wal");
  const before = [readFileSync(target), readFileSync(`${target}-wal`)];
  const found = await verifyBackup(target);
  expect(found.ok).toBe(false);
  expect(found.problems).toEqual([expect.stringContaining("copy.db-wal")]);
  expect([readFileSync(target), readFileSync(`${target}-wal`)]).toEqual(before);
});

test("does not call an empty file sound", async () => {
  const { client } = await openDatabase();
  const target = await productsOf(client);
  await client.backup(target);
  truncateSync(target, 0);
  expect(await verifyBackup(target)).toMatchObject({ ok: false, problems: [expect.stringContaining("empty")] });
});
