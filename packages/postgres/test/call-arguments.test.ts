import { type Connector } from "@pool/core";
import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres, type PostgresClient } from "../src/index.js";

let server: PostgresServer;
let connector: Connector<PostgresClient>;
let client: PostgresClient;
beforeAll(async () => {
  server = await sharedPostgres();
  connector = await postgres({ url: server.url, maxSize: 1 }).connect();
  client = connector.client;
  await client.query("create table written (n int)");
});
afterAll(async () => {
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});

const stream = async (options: object, text = "insert into written values (1) returning n"): Promise<unknown[]> => {
  const rows: unknown[] = [];
  for await (const row of client.stream(text, [], options)) rows.push(row);
  return rows;
};
const backend = async (): Promise<unknown> => (await client.query("select pg_backend_pid() as pid")).rows[0]?.pid;

test("types, rowMode and prepare are looked at before anything is sent", async () => {
  const pid = await backend();
  const text = "insert into written values (1) returning n";
  for (const [name, how] of Object.entries({ types: { types: {} }, rowMode: { rowMode: "arrays" } })) {
    const refused = { code: "INVALID_ARGUMENT", details: { name } };
    await expect(client.query({ text, ...(how as object) })).rejects.toMatchObject(refused);
    await expect(stream(how)).rejects.toMatchObject(refused);
  }
  const prepare = "yes" as unknown as boolean;
  await expect(client.query({ text, prepare })).rejects.toMatchObject({ details: { name: "prepare" } });
  await expect(client.query({ text, types: "none" as never })).rejects.toMatchObject({ details: { name: "types" } });
  expect((await client.query("select from written")).rowCount).toBe(0);
  expect(await backend()).toBe(pid);
});

test("a getTypeParser that throws fails the statement and keeps the connection", async () => {
  const pid = await backend();
  const cause = new Error("no parser for this");
  const types = {
    getTypeParser: () => {
      throw cause;
    },
  };
  const failed = { code: "STATEMENT_FAILED", cause };
  const series = "select n from generate_series(1, $1::int) n";
  for (let time = 0; time < 4; time += 1) {
    await expect(client.query(series, [5], { types })).rejects.toMatchObject(failed);
    expect((await client.query(series, [2])).rows).toEqual([{ n: 1 }, { n: 2 }]);
  }
  await expect(stream({ types, batch: 2 }, "select generate_series(1, 5)")).rejects.toMatchObject(failed);
  await expect(stream({ types }, "select 1")).rejects.toMatchObject(failed);
  expect(await backend()).toBe(pid);
});

test("what is wrong with a call is said in its own name, with its own options", async () => {
  await expect(stream({ bacth: 5 })).rejects.toThrow(
    'stream takes no option "bacth"; it takes batch, rowMode, types, signal, timeout, label',
  );
  await expect(stream({ timeout: 0 })).rejects.toThrow("stream: timeout must be more than 0 ms");
  await expect(stream(7 as never)).rejects.toThrow("stream: options must be an object");
  await expect(stream({}, " ")).rejects.toThrow("stream: text must be a statement");
  const copying = (options: unknown) => client.copyFrom("copy written from stdin", [], options as never);
  await expect(copying({ batch: 5 })).rejects.toThrow('copyFrom takes no option "batch"; it takes signal');
  await expect(copying({ label: 7 })).rejects.toThrow("copyFrom: label must be a string");
  const copied = client.copyTo("copy written to stdout", { signal: "now" } as never);
  await expect(copied.next()).rejects.toThrow("copyTo: signal must be an AbortSignal");
  expect((await client.query("select from written")).rowCount).toBe(0);
});
