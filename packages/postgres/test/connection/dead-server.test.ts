import { setTimeout as sleep } from "node:timers/promises";
import { type Connector } from "@pool/core";
import { faultProxy, type FaultProxy, type PostgresServer } from "@pool/testing";
import { Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { postgres, type PostgresClient } from "../../src/index.js";
import { kyselyDialect } from "../../src/kysely/index.js";
import { database } from "./support.js";

interface Row {
  readonly pid: number;
  readonly n: number;
}

const SERIES = "select pg_backend_pid() as pid, n from generate_series(1, 1000) n";

let server: PostgresServer;
let proxy: FaultProxy;
let connector: Connector<PostgresClient>;
let client: PostgresClient;
beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());
beforeEach(async () => {
  proxy = await faultProxy({ target: server });
  connector = await postgres({ url: proxy.url(server.url), maxSize: 2, queryTimeout: 400 }).connect();
  client = connector.client;
});
afterEach(async () => {
  await proxy.heal();
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  expect(client.pool.stats.leased).toBe(0);
  await connector.disconnect();
  await proxy[Symbol.asyncDispose]();
});

const ENDS: Readonly<Record<string, (pid: number) => Promise<unknown>>> = {
  "its backend is ended": (pid) => server.sql(`select pg_terminate_backend(${pid})`),
  "it is reset": async () => proxy.reset(),
};

/** Reads all rows, and does something once the tenth is here, which ends a batch. */
async function read(rows: AsyncIterable<Row>, atTenth: (pid: number) => unknown): Promise<number> {
  let count = 0;
  for await (const { pid } of rows) {
    count += 1;
    if (count === 10) await atTenth(pid);
  }
  return count;
}

describe.each(Object.entries(ENDS))("a connection of which %s between two batches", (_, end) => {
  const dies = async (pid: number): Promise<void> => {
    await end(pid);
    await sleep(100);
  };

  it("ends its stream", async () => {
    const rows = client.stream<Row>(SERIES, [], { batch: 10 });
    await expect(read(rows, dies)).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });

  it("ends its stream that has a signal", async () => {
    const { signal } = new AbortController();
    const rows = client.stream<Row>(SERIES, [], { batch: 10, signal });
    await expect(read(rows, dies)).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });

  it("ends its stream of Kysely", async () => {
    const kysely = new Kysely<object>({ dialect: kyselyDialect(client) });
    const rows = kysely.selectFrom(sql<Row>`(${sql.raw(SERIES)})`.as("series")).selectAll().stream(10);
    await expect(read(rows, dies)).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });

  it("lets a loop be left, and refuses the stream of a transaction", async () => {
    const leaving = async (): Promise<void> => {
      for await (const { pid } of client.stream<Row>(SERIES, [], { batch: 10 })) return await dies(pid);
    };
    await expect(leaving()).rejects.toMatchObject({ code: "RESOURCE_LOST" });
    const failing = client.transaction((tx) => read(tx.stream<Row>(SERIES, [], { batch: 10 }), dies));
    await expect(failing).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });
});
