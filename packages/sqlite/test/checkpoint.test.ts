import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually, openDatabase, otherProgram, sleep, temporaryFolder, walBytes } from "./support.js";

test("cuts the log off within two seconds after a long reader has ended, also when nobody writes any more", async () => {
  const { client, file } = await openDatabase();
  await client.query("create table t (a)");
  await client.transaction(
    async (tx) => {
      await tx.query("select * from t");
      for (let at = 0; at < 12; at++) await client.query("insert into t values (randomblob(1000000))");
      expect(walBytes(file)).toBeGreaterThan(8 * 1024 * 1024);
    },
    { readOnly: true },
  );
  expect(await eventually(() => walBytes(file) <= 8 * 1024 * 1024, 2_000)).toBe(true);
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 12 }]);
});

test("cuts the log off that another program's reader has held", async () => {
  const { client, file } = await openDatabase();
  await client.query("create table t (a)");
  const reader = await otherProgram(
    `const db = new Database(process.argv[1]); db.exec("begin"); db.prepare("select * from t").all(); console.log("reading"); setInterval(() => {}, 1000)`,
    file,
  );
  for (let at = 0; at < 12; at++) await client.query("insert into t values (randomblob(1000000))");
  expect(walBytes(file)).toBeGreaterThan(8 * 1024 * 1024);
  reader.kill("SIGKILL");
  expect(await eventually(() => walBytes(file) <= 8 * 1024 * 1024, 2_000)).toBe(true);
});

test("knows that the log was cut off, also where integers are bigints", async () => {
  const { client } = await openDatabase({ readers: 1, integers: "bigint" });
  await client.query("create table t (a)");
  using lease = await client.acquire();
  expect(await lease.resource.checkpoint()).toEqual({ busy: false });
});

/** A database with a log of 12 MB that nobody has cut off: the program that wrote it was killed. */
async function withLongLog(file: string): Promise<void> {
  const writer = await otherProgram(
    `const db = new Database(process.argv[1]); db.pragma("journal_mode = wal"); db.pragma("wal_autocheckpoint = 0"); db.exec("create table t (a)");
     for (let at = 0; at < 12; at++) db.exec("insert into t values (randomblob(1000000))"); console.log("written"); setInterval(() => {}, 1000)`,
    file,
  );
  const ended = new Promise((resolve) => writer.once("exit", resolve));
  writer.kill("SIGKILL");
  await ended;
  expect(walBytes(file)).toBeGreaterThan(8 * 1024 * 1024);
}

test("cuts the log off that it finds at connect, also when nobody writes", async () => {
  const file = join(temporaryFolder(), "left.db");
  await withLongLog(file);
  const { client } = await openDatabase({ file });
  expect(await eventually(() => walBytes(file) <= 4 * 1024 * 1024, 2_000)).toBe(true);
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 12 }]);
});

test("leaves a log alone that it may only read", async () => {
  const file = join(temporaryFolder(), "left.db");
  await withLongLog(file);
  const { client } = await openDatabase({ file, readonly: true });
  expect((await client.session((session) => session.query("select count(*) as n from t"))).rows).toEqual([{ n: 12 }]);
  const { acquired } = client.pools.writer.stats.totals;
  await sleep(1_000);
  expect(walBytes(file)).toBeGreaterThan(8 * 1024 * 1024);
  expect(client.pools.writer.stats.totals).toMatchObject({ acquired });
});

test("cuts off the log of a file that is named by a link, and of the one that the link names later", async () => {
  const folder = temporaryFolder();
  const [one, two, link] = [join(folder, "data", "one.db"), join(folder, "data", "two.db"), join(folder, "link.db")];
  mkdirSync(join(folder, "data"));
  await withLongLog(one);
  await withLongLog(two);
  symlinkSync(one, link);
  const { db, client } = await openDatabase({ file: link, healthCheckInterval: Infinity });
  expect((await db.healthCheck()).details).toMatchObject({ walBytes: walBytes(one) });
  expect(await eventually(() => walBytes(one) <= 4 * 1024 * 1024, 2_000)).toBe(true);
  await client.query("insert into t values (1)");

  symlinkSync(two, `${link}.new`);
  renameSync(`${link}.new`, link);
  expect(await eventually(() => walBytes(two) <= 4 * 1024 * 1024, 10_000)).toBe(true);
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 12 }]);
});

test("cuts the log off while short reads overlap all the time", async () => {
  const { client, file } = await openDatabase({ readers: 4, walLimit: 262_144 });
  await client.query("create table t (a)");
  await client.query("insert into t values (1)");
  let over = false;
  const readers = [1, 2, 3, 4].map(async () => {
    while (!over)
      await client.transaction((tx) => tx.query("select count(*) from t").then(() => sleep(60)), { readOnly: true });
  });
  const sizes = [0];
  for (const end = performance.now() + 10_000; !over && performance.now() < end; await sleep(20)) {
    await client.query("update t set a = randomblob(200000)");
    over = walBytes(file) < (sizes.at(-1) ?? 0);
    sizes.push(walBytes(file));
  }
  expect(over).toBe(true);
  await Promise.all(readers);
  expect(client.pools.processes.stats).toMatchObject({ maxSize: 4 });
}, 30_000);

test("keeps nobody from reading for the sake of a log that a long reader needs", async () => {
  const { client, file } = await openDatabase({ walLimit: 65_536 });
  await client.query("create table t (a)");
  await client.transaction(
    async (tx) => {
      await tx.query("select * from t");
      await sleep(1_100);
      let paused = false;
      for (const end = performance.now() + 2_000; performance.now() < end; await sleep(5)) {
        if (walBytes(file) < 5_000_000) await client.query("insert into t values (randomblob(1000000))");
        paused ||= client.pools.threads.holders().some(({ label }) => label === "checkpoint");
      }
      expect(paused).toBe(false);
    },
    { readOnly: true },
  );
  expect(await eventually(() => walBytes(file) <= 65_536, 5_000)).toBe(true);
}, 30_000);
