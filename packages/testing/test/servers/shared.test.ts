import { expect, test } from "vitest";
import { sharedPostgres } from "@pool/testing";

test("a shared server gives everyone who asks a database of their own", async () => {
  await using one = await sharedPostgres();
  await using other = await sharedPostgres();
  await one.sql("create table seen (x int)");
  expect(other.port).toBe(one.port);
  expect(other.url).not.toBe(one.url);
  await expect(other.sql("select * from seen")).rejects.toThrow("42P01");
});

test("a shared server is run by the process of the whole run, not by that of a test file", async () => {
  await using server = await sharedPostgres();
  expect(process.env.POOL_TEST_SHARED_SERVERS).toMatch(/pool-shared-/);
  await expect(server.kill()).rejects.toThrow("the server that tests share cannot be killed by a test");
});

test("what was made on a shared server is dropped with the handle", async () => {
  const gone = await sharedPostgres();
  const names = [gone.database, new URL(await gone.createDatabase()).pathname.slice(1)];
  await gone[Symbol.asyncDispose]();

  await using server = await sharedPostgres();
  const rows = await server.sql(`select datname from pg_database where datname in ('${names.join("', '")}')`);
  expect(rows).toEqual([]);
});
