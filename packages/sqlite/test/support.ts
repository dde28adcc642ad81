import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connector, isPoolError, type PoolError } from "@pool/core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { sqlite, type SqliteClient, type SqliteOptions } from "../src/index.js";

/** A folder of this test, gone when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pool-sqlite-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Opened {
  readonly db: Connector<SqliteClient>;
  readonly client: SqliteClient;
  readonly file: string;
}

/** A connected database in a folder of its own, disconnected when the test ends. */
export async function openDatabase(options: Partial<SqliteOptions> = {}): Promise<Opened> {
  const file = options.file ?? join(temporaryFolder(), "test.db");
  // A loaded machine may take its time to start a helper; what a test is about does not.
  const db = sqlite({ name: "test", readers: 2, connectTimeout: 30_000, ...options, file });
  onTestFinished(() => db.disconnect({ timeout: 0 }));
  await db.connect();
  return { db, client: db.client, file };
}

/**
 * One database for all tests of a file that change nothing in it: opening one starts a process and threads, which takes longer than most tests.
 * @returns its client, once a test runs
 */
export function sharedDatabase(
  options: Partial<SqliteOptions>,
  prepare: (client: SqliteClient) => Promise<unknown> = () => Promise.resolve(),
): () => Opened {
  const folder = mkdtempSync(join(tmpdir(), "pool-sqlite-test-"));
  const file = join(folder, "test.db");
  const db = sqlite({ name: "test", readers: 2, connectTimeout: 30_000, acquireTimeout: 30_000, ...options, file });
  beforeAll(async () => {
    await db.connect();
    await prepare(db.client);
  }, 60_000);
  afterAll(async () => {
    await db.disconnect({ timeout: 0 });
    rmSync(folder, { recursive: true, force: true });
  });
  return () => ({ db, client: db.client, file });
}

/** Products 1 to `count`, each worth its number. */
export async function withProducts(client: SqliteClient, count = 100): Promise<void> {
  await client.query(
    "create table product (id integer primary key, name text not null unique, stock integer not null check (stock >= 0))",
  );
  await client.batch(
    Array.from({ length: count }, (_, at) => ({
      text: "insert into product (id, name, stock) values (?, ?, ?)",
      values: [at + 1, `product ${at + 1}`, at + 1],
    })),
  );
}

/** A read that takes seconds and yields one row. */
export const HEAVY =
  "with recursive c(x) as (select 1 union all select x + 1 from c limit 2000000000) select count(*) as n from c";

/** The PoolError that a promise rejects with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<PoolError> {
  const error = await promise.then(
    () => new Error("it resolved"),
    (reason: unknown) => reason,
  );
  if (isPoolError(error)) return error;
  throw error;
}

/** Size of a file's log. */
export const walBytes = (file: string): number => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

/** Another program, in the form of a script with the driver as `Database`; tells of its readiness on standard output. */
export async function otherProgram(script: string, ...args: string[]): Promise<ChildProcess> {
  const driver = createRequire(import.meta.url).resolve("better-sqlite3");
  const child = spawn(
    process.execPath,
    ["-e", `const Database = require(${JSON.stringify(driver)}); ${script}`, ...args],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

/** Another program that holds the write lock of a file until it is killed or told to let go. */
export function lockHolder(file: string): Promise<ChildProcess> {
  return otherProgram(
    `const db = new Database(process.argv[1]); db.exec("begin immediate"); console.log("locked");
     process.stdin.once("data", () => { db.exec("commit"); console.log("free"); });`,
    file,
  );
}

/** Milliseconds that a promise takes to settle. */
export async function timeOf(promise: PromiseLike<unknown>): Promise<number> {
  const startedAt = performance.now();
  await promise.then(
    () => undefined,
    () => undefined,
  );
  return performance.now() - startedAt;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tries until it holds, for at most `ms`. */
export async function eventually(check: () => boolean | Promise<boolean>, ms = 5_000): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await check())) {
    if (performance.now() > end) return false;
    await sleep(20);
  }
  return true;
}
