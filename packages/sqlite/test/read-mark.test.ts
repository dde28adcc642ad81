import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { seededRandom } from "@pool/testing";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { Checkpointer } from "../src/checkpoint.js";
import { loadDriver } from "../src/helper/database.js";
import { ReadMark } from "../src/read/read-mark.js";
import { eventually, openDatabase, temporaryFolder, walBytes, withProducts } from "./support.js";

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

test("is taken before the fourth read of a turn, and keeps the log from being begun anew until it is given back", () => {
  const { mark, other } = marked();
  read(mark, 3);
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  read(mark, 1);
  expect([mark.held, isLogFree(other)]).toEqual([true, false]);
  mark.release();
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  read(mark, 3);
  expect(mark.held).toBe(false);
});

test("is given back after 64 reads, so that a log under reads without a pause is begun anew now and then", () => {
  const { mark, other } = marked();
  read(mark, 3 + 64);
  expect(mark.held).toBe(true);
  read(mark, 1);
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  read(mark, 4);
  expect(mark.held).toBe(true);
});

test("is not taken while it pauses, whoever else pauses it", () => {
  const { mark, other } = marked();
  read(mark, 4);
  const [one, two] = [mark.pause(), mark.pause()];
  expect([mark.held, isLogFree(other)]).toEqual([false, true]);
  one[Symbol.dispose]();
  read(mark, 10);
  expect(mark.held).toBe(false);
  two[Symbol.dispose]();
  read(mark, 4);
  expect(mark.held).toBe(true);
});

test("rests for ten seconds after it was held for more than one, in a turn that was blocked", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const { mark } = marked();
  read(mark, 4);
  now.mockReturnValue(1_000);
  mark.release();
  read(mark, 4);
  expect(mark.held).toBe(true);
  now.mockReturnValue(2_001);
  mark.release();
  read(mark, 100);
  now.mockReturnValue(12_000);
  read(mark, 100);
  expect(mark.held).toBe(false);
  now.mockReturnValue(12_001);
  read(mark, 4);
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

test("a client's reads in one turn share it to the end of the turn", async () => {
  const { client, file } = await openDatabase();
  await withProducts(client);
  const other = openOther(file);
  for (let i = 0; i < 40; i++) await client.query(POINT, [1 + i]);
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

test("gives way to whoever has a database of the client's in this thread", async () => {
  const { client } = await openDatabase();
  await withProducts(client);
  const database = await client.database();
  for (let i = 0; i < 40; i++) await client.query(POINT, [1 + i]);
  expect(isLogFree(database)).toBe(true);
  database.close();
});

test("gives way to the checkpointer, and is taken again after it", async () => {
  const { client, file } = await openDatabase({ walLimit: 1_000_000_000 });
  await client.query("create table big (a)");
  const mark = new ReadMark(file);
  const checkpointer = new Checkpointer({ file, pools: client.pools, mark, limit: 4_000_000 });
  onTestFinished(() => {
    checkpointer.close();
    mark.close();
  });
  read(mark, 4);
  for (let at = 0; at < 12; at++) await client.query("insert into big values (randomblob(1000000))");
  expect([mark.held, walBytes(file) > 8_000_000]).toEqual([true, true]);
  checkpointer.arm();
  expect(await eventually(() => walBytes(file) < 4_000_000)).toBe(true);
  await eventually(() => {
    read(mark, 4);
    return mark.held;
  });
  expect(mark.held).toBe(true);
});

test("is one of the new file after the old one was given up", () => {
  const { mark, other } = marked();
  read(mark, 4);
  mark.close();
  expect(isLogFree(other)).toBe(true);
  const there = openOther(join(temporaryFolder(), "b.db"));
  there.exec("create table a (b)");
  there.close();
  renameSync(there.name, other.name);
  read(mark, 4);
  expect([mark.held, isLogFree(other)]).toEqual([true, true]);
  expect(isLogFree(openOther(other.name))).toBe(false);
});
