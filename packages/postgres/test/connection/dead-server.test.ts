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
    const rows = kysely
      .selectFrom(sql<Row>`(${sql.raw(SERIES)})`.as("series"))
      .selectAll()
      .stream(10);
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

it("a session that the server has ended says why, in the server's words", async () => {
  const ended = client.transaction(async (tx) => {
    await tx.query("set local idle_in_transaction_session_timeout = 50");
    await sleep(300);
    await tx.query("select 1");
  });
  await expect(ended).rejects.toMatchObject({ code: "RESOURCE_LOST", cause: { code: "25P03" } });
});

const silenced = { code: "QUERY_TIMEOUT", details: { timeout: 400 } };

describe("a server that falls silent", () => {
  it("ends a stream after the time for one batch", async () => {
    const rows = client.stream<Row>(SERIES, [], { batch: 10 });
    await expect(read(rows, () => proxy.blackHole({ on: "existing" }))).rejects.toMatchObject(silenced);
    await proxy.heal();
    await client.query("select 1"); // what was used just now is lent as it is
    proxy.blackHole({ on: "existing" });
    await expect(read(client.stream<Row>(SERIES), () => undefined)).rejects.toMatchObject(silenced);
  });

  it("ends a loop that is left, and one with a signal", async () => {
    const leaving = async (signal?: AbortSignal): Promise<void> => {
      for await (const _ of client.stream<Row>(SERIES, [], { batch: 10, ...(signal !== undefined && { signal }) })) {
        return proxy.blackHole({ on: "existing" });
      }
    };
    await expect(leaving()).rejects.toMatchObject(silenced);
    await proxy.heal();
    const reason = new Error("enough");
    const controller = new AbortController();
    const rows = client.stream<Row>(SERIES, [], { batch: 10, signal: controller.signal });
    const aborted = read(rows, () => {
      proxy.blackHole({ on: "existing" });
      controller.abort(reason);
    });
    await expect(aborted).rejects.toBe(reason);
  });

  it("ends a COPY in both directions", async () => {
    await client.query("create table taken (line text)");
    async function* lines(): AsyncGenerator<string> {
      yield "one\n";
      proxy.blackHole({ on: "existing" });
      yield "two\n";
    }
    await expect(client.copyFrom("copy taken from stdin", lines())).rejects.toMatchObject(silenced);
    await proxy.heal();
    const big = async (): Promise<void> => {
      const chunk = Buffer.from(`${"x".repeat(1_000)}\n`.repeat(1_000));
      async function* endless(): AsyncGenerator<Buffer> {
        for (let at = 0; at < 100; at += 1) {
          if (at === 3) proxy.stall({ on: "existing" });
          yield chunk;
        }
      }
      await client.copyFrom("copy taken from stdin", endless());
    };
    await expect(big()).rejects.toMatchObject(silenced);
    await proxy.heal();
    const reading = async (): Promise<void> => {
      for await (const _ of client.copyTo("copy (select generate_series(1, 3000000)) to stdout")) {
        proxy.blackHole({ on: "existing" });
      }
    };
    await expect(reading()).rejects.toMatchObject(silenced);
  });

  it("is told by the reason of a cancel of one's own, also on a connection of one's own", async () => {
    using lease = await client.pool.acquire();
    const reason = new Error("enough");
    const controller = new AbortController();
    const running = lease.resource.run({ text: "select pg_sleep(60)" }, controller.signal);
    proxy.blackHole();
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });
});

describe("a reader or a source that is slower than the server may be", () => {
  it("is not limited", async () => {
    const count = await read(client.stream<Row>(SERIES, [], { batch: 10 }), () => sleep(600));
    expect(count).toBe(1000);
    async function* slow(): AsyncGenerator<string> {
      yield "one\n";
      await sleep(600);
      yield "two\n";
    }
    await client.query("create table slow (line text)");
    expect(await client.copyFrom("copy slow from stdin", slow())).toEqual({ rowCount: 2 });
    let bytes = 0;
    for await (const chunk of client.copyTo("copy slow to stdout")) {
      bytes += chunk.length;
      await sleep(600);
    }
    expect(bytes).toBe(8);
    // Where the whole is bounded, a batch is not.
    const slowly = client.stream("select pg_sleep(0.6)", [], { timeout: 5_000 });
    for await (const _ of slowly);
    await expect(async () => {
      for await (const _ of client.stream("select pg_sleep(60)"));
    }).rejects.toMatchObject(silenced);
  });
});
