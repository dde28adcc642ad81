import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAll, PoolError } from "@pool/core";
import { expect, onTestFinished, test } from "vitest";
import { sqlite } from "../src/index.js";
import { sqliteError } from "../src/errors.js";
import { type DatabaseConstructor } from "../src/helper/database.js";
import { assertDriver, assertNodeVersion } from "../src/runtime.js";
import { failureOf, openDatabase, temporaryFolder } from "./support.js";

/** What a failed connect was caused by. */
async function reasonOfConnect(options: Parameters<typeof sqlite>[0]): Promise<PoolError> {
  const db = sqlite(options);
  onTestFinished(() => db.disconnect());
  const error = await failureOf(db.connect());
  expect(db.isConnected).toBe(false);
  return error.cause instanceof PoolError ? error.cause : error;
}

test("opens the writer and every reader at connect", async () => {
  const { client } = await openDatabase({ readers: 3 });
  expect(client.pools.writer.stats).toMatchObject({ size: 1, maxSize: 1 });
  expect(client.pools.threads.stats).toMatchObject({ size: 3, idle: 3 });
  expect(client.pools.processes.stats).toMatchObject({ size: 0, maxSize: 3 });
});

test("sets the PRAGMAs on every connection", async () => {
  const { client } = await openDatabase({ readers: 2, pragmas: { cache_size: 4_000, foreign_keys: false } });
  const { writer, threads, processes } = client.pools;
  for (const pool of [writer, threads, processes]) {
    const leases = await Promise.all(Array.from({ length: pool.stats.maxSize }, () => pool.acquire()));
    for (const lease of leases) {
      const read = async (name: string) =>
        Object.values((await lease.resource.query(`pragma ${name}`)).rows[0] ?? {})[0];
      expect(await read("journal_mode")).toBe("wal");
      expect(await read("synchronous")).toBe(1);
      expect(await read("cache_size")).toBe(4_000);
      expect(await read("temp_store")).toBe(2);
      expect(await read("foreign_keys")).toBe(0);
      expect(await read("query_only")).toBe(lease.resource.role === "reader" ? 1 : 0);
      lease.release();
    }
  }
});

test("uses the cache of 10000 pages and checks foreign keys by default", async () => {
  const { client } = await openDatabase();
  expect((await client.query("pragma cache_size")).rows).toEqual([{ cache_size: 10_000 }]);
  expect((await client.query("pragma foreign_keys")).rows).toEqual([{ foreign_keys: 1 }]);
});

test("is one of several connectors of a registry, typed by inference", async () => {
  const file = join(temporaryFolder(), "shop.db");
  await using registry = await connectAll({
    db: sqlite({ file, readers: 1 }),
    scratch: sqlite({ file: ":memory:", readers: 1 }),
  });
  expect((await registry.get("db").client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  expect(registry.get("db").client.pools.writer.name).toBe("db:writer");
  expect((await registry.healthCheck()).healthy).toBe(true);
});

test("connects again after a disconnect, and finds what was written", async () => {
  const { db, file } = await openDatabase();
  await db.client.query("create table t (a)");
  await db.client.query("insert into t values (1)");
  await db.disconnect();
  expect(existsSync(`${file}-wal`)).toBe(false);
  await db.connect();
  expect((await db.client.query("select a from t")).rows).toEqual([{ a: 1 }]);
});

test("refuses statements after a disconnect", async () => {
  const { db, client } = await openDatabase();
  await db.disconnect();
  expect(await failureOf(client.query("select 1"))).toMatchObject({ code: "POOL_CLOSED" });
  expect(await failureOf(client.transaction(async () => 1))).toMatchObject({ code: "POOL_CLOSED" });
});

test("finishes what was called before a disconnect", async () => {
  const { db, client } = await openDatabase();
  await client.query("create table t (a)");
  const writes = Array.from({ length: 300 }, (_, at) => client.query("insert into t values (?)", [at]));
  const [, ...results] = await Promise.all([db.disconnect(), ...writes]);
  expect(results.every((result) => result.rowCount === 1)).toBe(true);
  await db.connect();
  expect((await db.client.query("select count(*) as n from t")).rows).toEqual([{ n: 300 }]);
});

test("names a missing folder", async () => {
  const folder = join(temporaryFolder(), "nowhere");
  const error = await reasonOfConnect({ file: join(folder, "a.db") });
  expect(error).toMatchObject({ code: "CANNOT_OPEN", message: expect.stringContaining(folder) as string });
});

test("refuses a folder in place of a file, and a file in place of its folder", async () => {
  const folder = temporaryFolder();
  expect(await reasonOfConnect({ file: folder })).toMatchObject({ code: "CANNOT_OPEN" });
  writeFileSync(join(folder, "plain"), "");
  expect(await reasonOfConnect({ file: join(folder, "plain", "a.db") })).toMatchObject({ code: "CANNOT_OPEN" });
});

test("makes no file when it is told not to, or only reads", async () => {
  const file = join(temporaryFolder(), "a.db");
  expect(await reasonOfConnect({ file, create: false })).toMatchObject({ code: "CANNOT_OPEN" });
  expect(await reasonOfConnect({ file, readonly: true })).toMatchObject({ code: "CANNOT_OPEN" });
  expect(existsSync(file)).toBe(false);
});

test("refuses a file that is not a database, and leaves it as it is", async () => {
  const file = join(temporaryFolder(), "a.db");
  const text = "this is no database, but it is long enough to look like one. ".repeat(100);
  writeFileSync(file, text);
  expect(await reasonOfConnect({ file })).toMatchObject({
    code: "NOT_A_DATABASE",
    details: { file, sqlite: "SQLITE_NOTADB" },
  });
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("can be connected once the cause of a failed connect is gone", async () => {
  const folder = join(temporaryFolder(), "later");
  const db = sqlite({ file: join(folder, "a.db"), readers: 1 });
  onTestFinished(() => db.disconnect());
  await failureOf(db.connect());
  expect(db.state).toBe("failed");
  mkdirSync(folder);
  await db.connect();
  expect((await db.client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("reads a file that it may only read, and refuses to write", async () => {
  const { db, file } = await openDatabase();
  await db.client.query("create table t (a)");
  await db.disconnect();
  chmodSync(file, 0o444);
  const { client } = await openDatabase({ file, readonly: true });
  expect((await client.query("select count(*) as n from t")).rows).toEqual([{ n: 0 }]);
  expect(await failureOf(client.query("insert into t values (1)"))).toMatchObject({ code: "DATABASE_READONLY" });
  const inTransaction = client.transaction((tx) => tx.query("insert into t values (1)"));
  expect(await failureOf(inTransaction)).toMatchObject({ code: "DATABASE_READONLY" });
});

test("refuses a Node that the driver would crash on, before it is loaded", () => {
  for (const version of ["20.20.2", "18.0.0", "22.13.1"]) {
    expect(() => assertNodeVersion(version)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_NODE" }));
  }
  for (const version of ["22.14.0", "24.1.0", "26.10.0"]) expect(() => assertNodeVersion(version)).not.toThrow();
});

test("shows its options and none of its insides", async () => {
  const { db } = await openDatabase({ readers: 1 });
  expect(db.config).toMatchObject({ readers: 1, busyTimeout: 5_000, queryTimeout: 30_000 });
  expect(db.key).toMatch(/^sqlite:\//);
  expect(sqlite({ file: ":memory:" }).key).not.toBe(sqlite({ file: ":memory:" }).key);
  expect(sqlite({ file: "./a.db" }).key).toBe(sqlite({ file: "a.db" }).key);
});

test("finds itself healthy without waiting for who holds the writer", async () => {
  const { db, client } = await openDatabase();
  using lease = await client.acquire();
  expect(lease.active).toBe(true);
  const health = await db.healthCheck({ timeout: 500 });
  expect(health).toMatchObject({ healthy: true });
  expect(health.details).toHaveProperty("walBytes");
});

test("tells of its health in JSON, also where integers are bigints", async () => {
  const { db } = await openDatabase({ readers: 1, integers: "bigint" });
  const { details } = JSON.parse(JSON.stringify(await db.healthCheck())) as { details: unknown };
  expect(details).toMatchObject({ schemaVersion: 0, walBytes: expect.any(Number) as number });
});

test("says how to install the driver when it is missing", () => {
  const missing = (): never => {
    throw new Error("Cannot find module 'better-sqlite3'");
  };
  expect(() => assertDriver(missing)).toThrow(
    expect.objectContaining({
      code: "DRIVER_MISSING",
      message: expect.stringContaining("npm install better-sqlite3") as string,
    }),
  );
  const withoutBinary = (): never => {
    throw new Error("Cannot find module 'better_sqlite3.node'");
  };
  expect(() => assertDriver(() => withoutBinary as unknown as DatabaseConstructor)).toThrow(
    expect.objectContaining({
      code: "DRIVER_MISSING",
      message: expect.stringContaining("npm rebuild better-sqlite3") as string,
    }),
  );
  const inHelper = { kind: "other", code: "MODULE_NOT_FOUND", message: "Cannot find module 'better-sqlite3'" } as const;
  expect(sqliteError({ name: "test", file: "/test.db" }, inHelper).code).toBe("DRIVER_MISSING");
  expect(() => assertDriver()).not.toThrow();
});
