import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { traced } from "@pool/core";
import { expect, onTestFinished, test } from "vitest";
import { type SqliteClient } from "../src/index.js";
import {
  eventually,
  failureOf,
  HEAVY,
  lockHolder,
  openDatabase,
  sleep,
  temporaryFolder,
  timeOf,
  withProducts,
} from "./support.js";

/** Kills the process of the connection that the pool lends next, as a crash would. */
async function killIdle(pool: SqliteClient["pool"]): Promise<void> {
  using lease = await pool.acquire();
  lease.resource.link.kill();
  await lease.resource.ended;
}

/** The longest that the event loop did not turn while `work` ran, in ms. */
async function lagDuring(work: () => Promise<unknown>): Promise<number> {
  let lag = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    lag = Math.max(lag, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  await work();
  clearInterval(timer);
  return lag;
}

test("replaces a writer that was killed while idle, and no caller notices", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  await killIdle(client.pool);
  expect(await client.query("update product set stock = 9")).toMatchObject({ rowCount: 3 });
  expect((await client.query("select distinct stock from product")).rows).toEqual([{ stock: 9 }]);
});

test("tells a write whose process was killed that its outcome is unknown, and serves the next", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await client.query("create table t (a)");
  const write = client.query(`insert into t ${HEAVY.replace("count(*) as n", "x")}`);
  const failure = failureOf(write);
  await eventually(() => client.pools.writer.stats.leased === 1);
  await sleep(100);
  process.kill(writerPid(client), "SIGKILL");
  expect(await failure).toMatchObject({ code: "OUTCOME_UNKNOWN", cause: { code: "RESOURCE_LOST" } });
  expect(await client.query("insert into t values (1)")).toMatchObject({ rowCount: 1 });
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 1 }]);
});

test("ends a transaction whose process was killed with a lost connection, and nothing of it is left", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  const transaction = client.transaction(async (tx) => {
    await tx.query("update product set stock = 100");
    process.kill(writerPid(client), "SIGKILL");
    await tx.query("select 1");
  });
  expect(await failureOf(transaction)).toMatchObject({ code: "RESOURCE_LOST" });
  expect((await client.query("select sum(stock) as n from product")).rows).toEqual([{ n: 6 }]);
  expect(await client.transaction((tx) => tx.query("update product set stock = 1"))).toMatchObject({ rowCount: 3 });
});

test("ends a read-only transaction whose process was killed before COMMIT with a lost connection: nothing is unknown of it", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  const transaction = client.transaction(
    async (tx) => {
      await tx.query("select 1");
      const [pid] = childPids().filter((child) => child !== writerPid(client));
      process.kill(pid!, "SIGKILL");
    },
    { readOnly: true },
  );
  expect(await failureOf(transaction)).toMatchObject({ code: "RESOURCE_LOST", cause: { code: "RESOURCE_LOST" } });
  expect(await client.transaction((tx) => tx.query("select 1 as one"), { readOnly: true })).toMatchObject({
    rows: [{ one: 1 }],
  });
});

test("tells a read whose process was killed, and serves the next", async () => {
  const { client } = await openDatabase({ readers: 1 });
  const read = client.query(HEAVY, [], { signal: AbortSignal.timeout(60_000) });
  const failure = failureOf(read);
  await eventually(() => client.pools.processes.stats.leased === 1);
  await sleep(50);
  const [pid] = childPids().filter((child) => child !== writerPid(client));
  process.kill(pid!, "SIGKILL");
  expect(await failure).toMatchObject({ code: "RESOURCE_LOST" });
  expect(
    (await client.query("select 1 as one from (select 1 union select 2)", [], { signal: AbortSignal.timeout(20_000) }))
      .rows,
  ).toHaveLength(2);
});

test("waits for a lock outside without holding up reads or the event loop, and writes when it is free", async () => {
  const { client, file } = await openDatabase();
  await withProducts(client, 10);
  const other = await lockHolder(file);
  let settled = false;
  const writes = Promise.all(
    Array.from({ length: 5 }, (_, at) => client.query("update product set stock = 0 where id = ?", [at + 1])),
  );
  void writes.then(() => (settled = true));
  const lag = await lagDuring(async () => {
    for (let at = 0; at < 50; at++) {
      expect((await client.query("select stock from product where id = ?", [7])).rows).toEqual([{ stock: 7 }]);
      expect((await client.query("select count(*) as n from product")).rows).toEqual([{ n: 10 }]);
      await sleep(5);
    }
  });
  expect(lag).toBeLessThan(500); // of the 5 s that the wait may take; how far below depends on the machine
  expect(settled).toBe(false);
  other.stdin?.write("go\n");
  expect((await writes).map(({ rowCount }) => rowCount)).toEqual([1, 1, 1, 1, 1]);
});

test("gives up on a lock outside in time, for every statement that waits, and writes again when it is free", async () => {
  const { client, file } = await openDatabase({ busyTimeout: 300 });
  await withProducts(client, 10);
  const text = "update product set stock = 0 where id = ?";
  await client.query(text, [1]);
  const other = await lockHolder(file);
  const startedAt = performance.now();
  const failures = await Promise.all(Array.from({ length: 5 }, (_, at) => failureOf(client.query(text, [at + 1]))));
  expect(performance.now() - startedAt).toBeLessThan(2_500);
  for (const failure of failures) {
    expect(failure).toMatchObject({ code: "DATABASE_LOCKED", details: { file, sqlite: "SQLITE_BUSY" } });
    expect(failure.details.waitedMs).toBeGreaterThanOrEqual(299);
  }
  expect(await failureOf(client.transaction(async () => 1))).toMatchObject({ code: "DATABASE_LOCKED" });
  other.stdin?.write("go\n");
  expect(await eventually(async () => (await client.query(text, [1])).rowCount === 1)).toBe(true);
  expect(client.pools.writer.stats.totals.closed).toBe(0);
});

test("gives up a wait for a lock by signal, and keeps the connection", async () => {
  const { client, file } = await openDatabase({ readers: 1 });
  await withProducts(client, 1);
  await lockHolder(file);
  const controller = new AbortController();
  const write = client.query("update product set stock = 0", [], { signal: controller.signal });
  await sleep(100);
  controller.abort(new Error("enough"));
  expect(await timeOf(write)).toBeLessThan(1_000);
  await expect(write).rejects.toThrow("enough");
  expect(client.pools.writer.stats.totals.closed).toBe(0);
});

test("tells of a full database, keeps what was committed, and writes again when there is room", async () => {
  const { client } = await openDatabase({ readers: 1, pragmas: { max_page_count: 60 } });
  await client.query("create table t (id integer primary key, a blob)");
  await client.query("insert into t (a) values (randomblob(50000))");
  const statement = failureOf(client.query("insert into t (a) values (randomblob(500000))"));
  expect(await statement).toMatchObject({ code: "DATABASE_FULL", details: { sqlite: "SQLITE_FULL" } });
  const transaction = client.transaction(async (tx) => {
    await tx.query("insert into t (a) values (randomblob(1000))");
    await tx.query("insert into t (a) values (randomblob(500000))");
  });
  expect(await failureOf(transaction)).toMatchObject({ code: "DATABASE_FULL" });
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 1 }]);
  await client.query("delete from t");
  expect(await client.query("insert into t (a) values (randomblob(100000))")).toMatchObject({ rowCount: 1 });
});

test("runs nothing on its own after SQLite has ended the transaction by itself", async () => {
  const { client } = await openDatabase({ readers: 1, pragmas: { max_page_count: 60 } });
  await client.query("create table t (id integer primary key, a blob)");
  await client.query(
    "create trigger full before insert on t when new.a = 'stop' begin select raise(rollback, 'stopped'); end",
  );
  const transaction = client.transaction(async (tx) => {
    await tx.query("insert into t (a) values ('first')");
    await tx.query("insert into t (a) values ('stop')").catch(() => undefined);
    await tx.query("insert into t (a) values ('second')").catch(() => undefined);
  });
  expect(await failureOf(transaction)).toMatchObject({ code: "TRANSACTION_ENDED" });
  const lease = await client.acquire();
  await lease.resource.query("begin");
  await lease.resource.query("insert into t (a) values ('stop')").catch(() => undefined);
  expect(await failureOf(lease.resource.query("insert into t (a) values ('third')"))).toMatchObject({
    code: "TRANSACTION_ENDED",
  });
  lease.release();
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 0 }]);
  expect(await client.query("insert into t (a) values ('fourth')")).toMatchObject({ rowCount: 1 });
});

test("tells of a damaged page, and serves what is whole", async () => {
  const { db, client, file } = await openDatabase();
  await withProducts(client, 3_000);
  await client.query("create table whole (a)");
  await client.query("insert into whole values (1)");
  await db.disconnect();
  const bytes = readFileSync(file);
  // Once in the table and once in its index.
  for (const found of [bytes.indexOf("product 2500"), bytes.lastIndexOf("product 2500")]) {
    const page = found - (found % 4096);
    bytes.fill(0xa5, page, page + 4096);
  }
  writeFileSync(file, bytes);
  await db.connect();
  expect(await failureOf(db.client.query("select sum(stock) as n, max(name) as name from product"))).toMatchObject({
    code: "DATABASE_CORRUPT",
    details: { file },
  });
  expect((await db.client.query("select count(*) as n from whole")).rows).toEqual([{ n: 1 }]);
  expect(await db.client.query("insert into whole values (2)")).toMatchObject({ rowCount: 1 });
});

test("notices that the folder was deleted, loses no commit into nowhere, and serves again when it is restored", async () => {
  const folder = join(temporaryFolder(), "data");
  mkdirSync(folder);
  const { client, file } = await openDatabase({ file: join(folder, "a.db"), acquireTimeout: 3_000 });
  await withProducts(client, 5);
  await client.query("pragma wal_checkpoint(truncate)");
  const safe = temporaryFolder();
  cpSync(file, join(safe, "a.db"));
  rmSync(folder, { recursive: true });
  expect(await failureOf(client.query("update product set stock = 0"))).toMatchObject({
    code: "FILE_GONE",
    details: { file },
  });
  expect(await failureOf(client.query("select count(*) as n from product"))).toMatchObject({ code: "FILE_GONE" });
  expect(await eventually(async () => (await client.query("select 1").catch(() => undefined)) === undefined)).toBe(
    true,
  );
  mkdirSync(folder);
  cpSync(join(safe, "a.db"), file);
  expect(
    await eventually(async () => {
      const changed = await client.query("update product set stock = 50 where id = 1").catch(() => undefined);
      return changed?.rowCount === 1;
    }, 8_000),
  ).toBe(true);
  expect(
    await eventually(async () => {
      const point = await client.query("select stock from product where id = 1").catch(() => undefined);
      return (point?.rows[0] as { stock: number } | undefined)?.stock === 50;
    }, 8_000),
  ).toBe(true);
});

test("says that the file is gone, too, while no reader can be opened", async () => {
  const folder = join(temporaryFolder(), "data");
  mkdirSync(folder);
  const { client, file } = await openDatabase({ file: join(folder, "a.db"), acquireTimeout: 3_000 });
  await withProducts(client, 5);
  rmSync(folder, { recursive: true });
  const told: unknown[] = [];
  for (let at = 0; at < 40; at++) {
    told.push(await failureOf(client.query("select count(*) as n from product")));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(told.map((error) => (error as { code?: string }).code)).toEqual(Array<string>(40).fill("FILE_GONE"));
  // Nothing was sent, so that it may be sent again once the file is back.
  expect(told.at(-1)).toMatchObject({ details: { file, sent: false }, cause: { code: "UNAVAILABLE" } });
});

test("works with the file that was put in the place of its own", async () => {
  const { client, file } = await openDatabase({ acquireTimeout: 3_000 });
  await withProducts(client, 5);
  const copy = join(dirname(file), "copy.db");
  await client.backup(copy);
  await client.query("delete from product");
  for (const ending of ["-wal", "-shm"]) rmSync(`${file}${ending}`, { force: true });
  renameSync(copy, file);
  expect(
    await eventually(async () => {
      const [point, scan] = await Promise.all([
        client.query("select name from product where id = 2").catch(() => undefined),
        client.query("select count(*) as n from product").catch(() => undefined),
      ]);
      return point?.rowCount === 1 && (scan?.rows[0] as { n: number } | undefined)?.n === 5;
    }, 10_000),
  ).toBe(true);
  const readBy = new Set<string>();
  const listener = { start: (event: object) => void readBy.add((event as { pool: string }).pool) };
  const channel = traced("pool:query");
  channel.subscribe(listener as never);
  onTestFinished(() => channel.unsubscribe(listener as never));
  const readsHereAgain = async (): Promise<boolean> => {
    await client.query("select name from product where id = 2").catch(() => undefined);
    return readBy.has("test:in-thread");
  };
  expect(await eventually(readsHereAgain)).toBe(true);
  expect(await client.query("delete from product")).toMatchObject({ rowCount: 5 });
});

test("disconnects within its time with a stuck lease and a statement that never ends", async () => {
  const { db, client } = await openDatabase({ readers: 1 });
  const lease = await client.acquire();
  const reads = [client.query(HEAVY, [], { signal: AbortSignal.timeout(60_000) }), client.query(`${HEAVY} `)].map(
    (read) => failureOf(read),
  );
  await sleep(100);
  expect(await timeOf(db.disconnect({ timeout: 200 }))).toBeLessThan(5_000);
  expect(lease.active).toBe(false);
  for (const read of reads) expect((await read).code).toMatch(/RESOURCE_LOST|QUERY_TIMEOUT|POOL_CLOSED/);
});

/** The helper processes of this one. */
function childPids(): number[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

/** The oldest helper process is the writer: it is opened first. */
function writerPid(client: SqliteClient): number {
  expect(client.pools.writer.stats.size).toBe(1);
  const [pid] = childPids();
  return pid!;
}
