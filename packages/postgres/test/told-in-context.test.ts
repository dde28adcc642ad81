import { AsyncLocalStorage } from "node:async_hooks";
import { onEvent } from "@pool/core";
import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres } from "../src/index.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await sharedPostgres();
});
afterAll(async () => await server[Symbol.asyncDispose]());

test("statements and releases are told in the async context of their caller, whoever opened the connection", async () => {
  const context = new AsyncLocalStorage<string>();
  await using opened = await context.run("opener", () => postgres({ url: server.url, maxSize: 2 }).connect());
  const { client } = opened;
  await context.run("opener", () => Promise.all([client.query("select 1"), client.query("select 2")]));
  const told: unknown[][] = [];
  const released: unknown[] = [];
  using _statements = onEvent("pool:statement", ({ statement, failed, rowCount, label }) =>
    told.push([context.getStore(), statement, failed, rowCount, label]),
  );
  using _releases = onEvent("pool:release", () => released.push(context.getStore()));
  await Promise.all(
    ["a", "b", "c", "d"].map((name) =>
      context.run(name, () => client.query(`select '${name}' as name`, [], { label: `of ${name}` })),
    ),
  );
  await context.run("e", () => client.query("select 1 / 0").catch(() => undefined));
  await context.run("f", () => client.transaction((tx) => tx.query("select 'f'")));
  expect(told).toHaveLength(8);
  for (const name of ["a", "b", "c", "d"])
    expect(told).toContainEqual([name, `select '${name}' as name`, false, 1, `of ${name}`]);
  expect(told).toContainEqual(["e", "select 1 / 0", true, undefined, undefined]);
  expect(told.slice(5).map((event) => event.slice(0, 3))).toEqual([
    ["f", "begin", false],
    ["f", "select 'f'", false],
    ["f", "COMMIT", false],
  ]);
  expect(released.toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("who does not care in which context hears the same, in the same order, of success and failure", async () => {
  await using opened = await postgres({ url: server.url, maxSize: 2 }).connect();
  const { client } = opened;
  const told: unknown[] = [];
  using _statements = onEvent("pool:statement:anywhere", ({ statement, failed, rowCount, durationMs }) =>
    told.push([statement, failed, rowCount, durationMs > 0]),
  );
  using _releases = onEvent("pool:release:anywhere", ({ heldMs, busyMs, destroyed }) =>
    told.push([heldMs >= busyMs && busyMs > 0, destroyed]),
  );
  await client.query("select 1");
  await client.query("select 1 / 0").catch(() => undefined);
  await client.query("select pg_terminate_backend(pg_backend_pid())").catch(() => undefined);
  await client.transaction((tx) => tx.query("select 2"));
  expect(told).toEqual([
    ["select 1", false, 1, true],
    [true, false],
    ["select 1 / 0", true, undefined, true],
    [true, false],
    ["select pg_terminate_backend(pg_backend_pid())", true, undefined, true],
    [true, true],
    ["begin", false, expect.anything(), true],
    ["select 2", false, 1, true],
    ["COMMIT", false, expect.anything(), true],
    [true, false],
  ]);
});
