import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres, type CopySource, type PostgresClient } from "../src/index.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await sharedPostgres();
  await server.sql("create table filled (n int)");
});
afterAll(() => server[Symbol.asyncDispose]());

const COPY = "copy filled from stdin";
const missing = (): Readable => createReadStream("/nowhere/missing.csv");
const silent = (): Readable => new Readable({ read: () => undefined });
const one = async () => await postgres({ url: server.url, maxSize: 1 }).connect();

/** Borrowed, the only connection of the pool, for a while. */
async function busy(client: PostgresClient, ms = 300): Promise<void> {
  const lease = await client.acquire();
  setTimeout(() => lease.release(), ms);
}

describe("a source that fails before the server asks for data", () => {
  test("rejects with its error at once while the pool has nothing free", async () => {
    await using db = await one();
    await busy(db.client, 2_000);
    const began = performance.now();
    await expect(db.client.copyFrom(COPY, missing())).rejects.toMatchObject({ code: "ENOENT" });
    const source = silent();
    const reason = new Error("no more");
    const copied = db.client.copyFrom(COPY, source);
    setTimeout(() => source.destroy(reason), 20);
    await expect(copied).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(db.client.pool.stats.waiting).toBe(0);
  });

  test("rejects with its error while the server waits for a lock, and leaves the connection as it was", async () => {
    await using db = await one();
    await using holder = await one();
    const pid = (await db.client.query("select pg_backend_pid() as pid")).rows[0]?.pid;
    await holder.client.transaction(async (tx) => {
      await tx.query("lock table filled in access exclusive mode");
      const source = silent();
      const reason = new Error("no more");
      const copied = db.client.copyFrom(COPY, source);
      setTimeout(() => source.destroy(reason), 50);
      await expect(copied).rejects.toBe(reason);
    });
    expect((await db.client.query("select pg_backend_pid() as pid")).rows).toEqual([{ pid }]);
  });

  test("rejects with its error when it had failed before the call", async () => {
    await using db = await one();
    const source = silent();
    const reason = new Error("no more");
    source.once("error", () => undefined);
    source.destroy(reason);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(db.client.copyFrom(COPY, source)).rejects.toBe(reason);
  });

  test("rejects with its error on a connection of one's own", async () => {
    await using db = await one();
    using lease = await db.client.acquire();
    const waited = lease.resource.run({ text: "select pg_sleep(0.2)" });
    await expect(lease.resource.copyFrom(COPY, missing())).rejects.toMatchObject({ code: "ENOENT" });
    await waited;
    expect((await lease.resource.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  });

  test("does not end the process, whatever the call is rejected with", async () => {
    const program = join(import.meta.dirname, "children", "missing-sources.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program, server.url]);
    expect(stdout).toBe("alive\n");
  });
});

describe("a source that is given up is ended", () => {
  const outcomes: [
    name: string,
    code: string,
    work: (client: PostgresClient, source: CopySource) => Promise<unknown>,
  ][] = [
    ["the text is no COPY", "INVALID_ARGUMENT", (client, source) => client.copyFrom("select 1", source)],
    ["an option is none", "INVALID_ARGUMENT", (client, source) => client.copyFrom(COPY, source, { batch: 1 } as never)],
    ["the server refuses", "STATEMENT_FAILED", (client, source) => client.copyFrom("copy nowhere from stdin", source)],
    ["the time is over", "QUERY_TIMEOUT", (client, source) => client.copyFrom(COPY, source, { timeout: 50 })],
    [
      "its session has ended",
      "SESSION_ENDED",
      async (client, source) => {
        const session = await client.session((own) => Promise.resolve(own));
        return await session.copyFrom(COPY, source);
      },
    ],
    [
      "a connection of one's own refuses",
      "INVALID_ARGUMENT",
      async (client, source) => {
        using lease = await client.acquire();
        return await lease.resource.copyFrom("copy filled to stdout", source);
      },
    ],
  ];

  test.each(outcomes)("when %s: a stream", async (_, code, work) => {
    await using db = await one();
    const source = silent();
    await expect(work(db.client, source)).rejects.toMatchObject({ code });
    expect(source.destroyed).toBe(true);
    expect((await db.client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test.each(outcomes)("when %s: an iterator, which is not waited for", async (_, code, work) => {
    await using db = await one();
    let ended = 0;
    const never = new Promise<never>(() => undefined);
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => never,
        return: () => {
          ended++;
          return never;
        },
      }),
    };
    await expect(work(db.client, source)).rejects.toMatchObject({ code });
    expect(ended).toBe(1);
    expect((await db.client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("and what it has given by then is not copied", async () => {
    await using db = await one();
    const source = new Readable({ read: () => undefined });
    source.push("1\n");
    await expect(db.client.copyFrom(COPY, source, { timeout: 100 })).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
    expect((await db.client.query("select n from filled")).rowCount).toBe(0);
  });
});
