import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { onEvent } from "@pool/core";
import { seededRandom } from "@pool/testing";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { type SqliteClient } from "../src/index.js";
import { loadDriver } from "../src/helper/database.js";
import { ReadMark, withoutMarks } from "../src/read-mark.js";
import { openDatabase, temporaryFolder, withProducts } from "./support.js";

const POINT = "select stock from product where id = ?";

afterEach(() => {
  vi.restoreAllMocks();
});

function openOther(file: string, journalMode = "wal"): Database {
  const Driver = loadDriver();
  const database = new Driver(file, { timeout: 0 });
  onTestFinished(() => {
    database.close();
  });
  database.pragma(`journal_mode = ${journalMode}`);
  return database;
}

/** Nobody reads an older state: what was written can be moved into the file, and the log begun anew. */
function isLogFree(other: Database): boolean {
  other.exec("create table if not exists noise (a); insert into noise values (1)");
  return other.pragma("wal_checkpoint(truncate)", { simple: true }) === 0;
}

const endOfTurn = (): Promise<unknown> => new Promise(setImmediate);

function marked(journalMode?: string): { mark: ReadMark; other: Database } {
  const file = join(temporaryFolder(), "a.db");
  const other = openOther(file, journalMode);
  other.exec("create table a (b)");
  const mark = new ReadMark(file);
  onTestFinished(() => {
    mark.close();
  });
  return { mark, other };
}

function read(mark: ReadMark, times: number): void {
  for (let i = 0; i < times; i++) mark.beforeRead();
}

async function readPoints(client: SqliteClient, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await client.query(POINT, [1 + i]);
}

test("is taken before the sixth read in a row, and keeps the log from being begun anew until it is given back", async () => {
  const { mark, other } = marked();
  read(mark, 5);
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  read(mark, 1);
  expect([mark.held, isLogFree(other)]).toEqual([true, false]);
  // Whatever goes on without a pause belongs to the row.
  for (let i = 0; i < 1_000; i++) await Promise.resolve();
  expect(mark.held).toBe(true);
  await endOfTurn();
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
});

test("is given back before anything else has its turn, and is not taken for reads that are each alone", async () => {
  const { mark } = marked();
  const seen = await new Promise((resolve) => {
    setTimeout(() => {
      read(mark, 6);
      if (!mark.held) resolve("never held");
    }, 1);
    setTimeout(() => resolve(mark.held), 1);
  });
  expect(seen).toBe(false);
  for (let i = 0; i < 20; i++) {
    read(mark, 1);
    expect(mark.held).toBe(false);
    await endOfTurn();
  }
});

test("is given back after 64 reads, so that a log under reads without a pause is begun anew now and then", () => {
  const { mark, other } = marked();
  read(mark, 5 + 64);
  expect(mark.held).toBe(true);
  read(mark, 1);
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  read(mark, 3);
  expect(mark.held).toBe(true);
});

test("is not taken while a checkpoint is under way, whoever else has one", async () => {
  const { mark, other } = marked();
  read(mark, 6);
  const [one, two] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const both = [withoutMarks(() => one.promise), withoutMarks(() => two.promise)];
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  one.reject(new Error("failed"));
  await expect(both[0]).rejects.toThrow("failed");
  read(mark, 20);
  expect(mark.held).toBe(false);
  two.resolve(undefined);
  await both[1];
  read(mark, 6);
  expect(mark.held).toBe(true);
});

test("rests for twice as long as it was held, where what followed the reads blocked the thread", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const { mark } = marked();
  read(mark, 6);
  now.mockReturnValue(2);
  mark.release();
  read(mark, 6);
  expect(mark.held).toBe(true);
  now.mockReturnValue(102);
  mark.release();
  now.mockReturnValue(301);
  read(mark, 100);
  expect(mark.held).toBe(false);
  now.mockReturnValue(302);
  read(mark, 6);
  expect(mark.held).toBe(true);
});

test("is never taken where there is no log, for it would keep others from writing", () => {
  const { mark, other } = marked("delete");
  read(mark, 100);
  expect(mark.held).toBe(false);
  other.exec("insert into a values (1)");
});

test("rests where the file is locked, and is taken ten seconds after, when it no longer is", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const { mark, other } = marked();
  other.pragma("locking_mode = exclusive");
  other.exec("insert into a values (1)");
  read(mark, 100);
  expect(mark.held).toBe(false);
  other.pragma("locking_mode = normal");
  other.prepare("select * from a").all();
  read(mark, 100);
  expect(mark.held).toBe(false);
  now.mockReturnValue(10_000);
  read(mark, 100);
  expect(mark.held).toBe(true);
});

test("is one of the new file after the old one was given up", () => {
  const { mark, other } = marked();
  read(mark, 6);
  mark.close();
  expect(isLogFree(other)).toBe(true);
  const there = openOther(join(temporaryFolder(), "b.db"));
  there.exec("create table a (b)");
  there.close();
  renameSync(there.name, other.name);
  read(mark, 6);
  expect([mark.held, isLogFree(other)]).toEqual([true, true]);
  expect(isLogFree(openOther(other.name))).toBe(false);
});

test.each(["heard of by nobody", "told to a listener"])("a client's reads in a row share it, %s", async (how) => {
  const { client, file } = await openDatabase();
  await withProducts(client);
  const other = openOther(file);
  using _ = how.startsWith("told") ? onEvent("pool:statement", () => undefined) : undefined;
  await readPoints(client, 30);
  expect(isLogFree(other)).toBe(false);
  await endOfTurn();
  expect(isLogFree(other)).toBe(true);
});

test("what a client reads is always the newest, with the mark or without (seeded)", async () => {
  const { client, file } = await openDatabase();
  await withProducts(client);
  const other = openOther(file);
  const write = other.prepare("update product set stock = ? where id = ?");
  const random = seededRandom(7);
  const stocks = Array.from({ length: 101 }, (_, id) => id);
  let held = 0;
  for (let step = 0; step < 3_000; step++) {
    const id = 1 + Math.floor(random() * 100);
    const what = random();
    if (what < 0.05) write.run((stocks[id] = step), id);
    else if (what < 0.06) await endOfTurn();
    else if (what < 0.07) held += isLogFree(other) ? 0 : 1;
    else expect((await client.query(POINT, [id])).rows).toEqual([{ stock: stocks[id] }]);
  }
  expect(held).toBeGreaterThan(5);
});

test("gives way to a database() of any client, at its opening and before each of its statements", async () => {
  const { client, file } = await openDatabase();
  await withProducts(client);
  const other = openOther(file);
  const { client: second } = await openDatabase({ file, readers: 1 });
  const opening = second.database();
  await endOfTurn();
  const database = await opening;
  await readPoints(client, 30);
  expect(isLogFree(other)).toBe(false);
  expect(database.pragma("wal_checkpoint(truncate)", { simple: true })).toBe(0);
  database.close();
});

test.each([
  ["a lease's checkpoint()", checkpointOf],
  ["a PRAGMA of the client", (client: SqliteClient) => busy(client.query("/* now */ PRAGMA wal_checkpoint(TRUNCATE)"))],
  [
    "a PRAGMA in a session",
    (client: SqliteClient) => client.session((session) => busy(session.query("pragma main.wal_checkpoint(truncate)"))),
  ],
])("gives way to %s, while reads go on without a pause", async (_, checkpoint) => {
  const { client } = await openDatabase();
  await withProducts(client);
  const over = new AbortController();
  const reading = (async () => {
    while (!over.signal.aborted) await client.query(POINT, [1]);
  })();
  let failed = 0;
  for (let i = 0; i < 40; i++) {
    await client.query("update product set stock = stock + 1 where id = 2");
    if ((await checkpoint(client)).busy) failed++;
  }
  over.abort();
  await reading;
  // A read that takes its own lock can be in the way as well, for as long as it lasts.
  expect(failed).toBeLessThan(20);
});

async function checkpointOf(client: SqliteClient): Promise<{ busy: boolean }> {
  using lease = await client.acquire();
  return await lease.resource.checkpoint();
}

async function busy(answer: Promise<{ rows: unknown[] }>): Promise<{ busy: boolean }> {
  const [row] = (await answer).rows as { busy: number }[];
  return { busy: row?.busy !== 0 };
}
