import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually, openDatabase, otherProgram } from "./support.js";

const walBytes = (file: string): number => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

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
