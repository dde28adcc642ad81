import { renameSync, rmSync } from "node:fs";
import { type SqliteClient } from "../src/index.js";
import { expect, onTestFinished, test } from "vitest";
import { loadDriver } from "../src/helper/database.js";
import { eventually, openDatabase, sleep } from "./support.js";

async function lease(client: SqliteClient) {
  await client.query("create table t (a)");
  const database = await client.database();
  onTestFinished(() => void database.close());
  return { database, insert: database.prepare<[number]>("insert into t values (?)") };
}

test("does not write into a file that was removed, whichever way a write begins", async () => {
  const { db, client, file } = await openDatabase({ healthCheckInterval: Infinity });
  const { database, insert } = await lease(client);
  insert.run(1);
  const insertMany = database.transaction((from: number) => insert.run(from));
  for (const ending of ["", "-wal", "-shm"]) rmSync(`${file}${ending}`);
  await sleep(10);
  const gone = expect.objectContaining({ code: "FILE_GONE", details: { file } }) as unknown;
  expect(() => insert.run(2)).toThrow(gone);
  expect(() => database.prepare("insert into t values (3)")).toThrow(gone);
  expect(() => database.exec("insert into t values (4)")).toThrow(gone);
  expect(() => database.pragma("user_version = 5")).toThrow(gone);
  expect(() => insertMany.immediate(6)).toThrow(gone);
  expect(await eventually(() => db.state !== "ready", 500)).toBe(true);
});

test("does not write into a file that was replaced while a transaction was open, and the next one writes into the new file", async () => {
  const { client, file } = await openDatabase();
  const { database, insert } = await lease(client);
  const other = `${file}.other`;
  const Driver = loadDriver();
  new Driver(other, {}).exec("pragma journal_mode = wal; create table t (a)").close();
  const work = database.transaction(() => {
    insert.run(1);
    renameSync(file, `${file}.old`);
    for (const ending of ["-wal", "-shm"]) renameSync(`${file}${ending}`, `${file}.old${ending}`);
    renameSync(other, file);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  });
  expect(() => work()).toThrow(/replaced by another one/);
  expect(database.inTransaction).toBe(false);
  database.close();
  expect(await eventually(async () => (await client.query("insert into t values (7)").catch(() => 0)) !== 0)).toBe(
    true,
  );
  const left = new Driver(file, {});
  onTestFinished(() => void left.close());
  expect(left.prepare("select a from t").all()).toEqual([{ a: 7 }]);
});

test("a statement prepared before the lease was taken away does not run after it", async () => {
  const { client } = await openDatabase();
  const { insert } = await lease(client);
  expect(client.pool.reclaim(client.pool.holders()[0]?.leaseId ?? 0)).toBe(true);
  expect(() => insert.run(1)).toThrow(/lease .* has ended/);
});
