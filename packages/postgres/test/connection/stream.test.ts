import { type PostgresServer } from "@pool/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PostgresConnection } from "../../src/connection/connection.js";
import { collect, database, open, recordWrites } from "./support.js";

let server: PostgresServer;
let connection: PostgresConnection;
beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());
beforeEach(async () => {
  connection = await open(server.url);
});
afterEach(async () => {
  expect(connection.status.busy).toBe(false);
  expect((await connection.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  await connection.close(true);
});

const series = (n: number): { text: string; values: number[] } => ({
  text: "select n, 'row ' || n as name from generate_series(1, $1::int) n",
  values: [n],
});

describe("stream", () => {
  it.each([1, 99, 100, 101, 250])("gives all of %i rows", async (n) => {
    const rows = await collect(connection.stream(series(n)));
    expect(rows).toEqual((await connection.run(series(n))).rows);
  });

  it("gives none where there are none", async () => {
    expect(await collect(connection.stream(series(0)))).toEqual([]);
    expect(await collect(connection.stream({ text: "" }))).toEqual([]);
    expect(await collect(connection.stream({ text: "create temp table t ()" }))).toEqual([]);
  });

  it("asks for a batch only when it is wanted, in one write each", async () => {
    const writes = recordWrites(connection);
    const rows = connection.stream(series(5), { batch: 2 });
    expect(writes).toEqual([]);
    await rows.next();
    await rows.next();
    expect(writes).toEqual(["PBDEH"]);
    await rows.next();
    expect(writes).toEqual(["PBDEH", "EH"]);
    for await (const _row of rows);
    expect(writes).toEqual(["PBDEH", "EH", "EH", "S"]);
  });

  it("holds one batch of a million rows in memory", async () => {
    const seen: WeakRef<object>[] = [];
    let count = 0;
    let most = 0;
    for await (const row of connection.stream<object>(series(1_000_000), { batch: 1_000 })) {
      count += 1;
      if (count % 100 === 0) seen.push(new WeakRef(row));
      if (count % 200_000 !== 0) continue;
      await new Promise((resolve) => setTimeout(resolve, 1)); // a WeakRef holds on until its turn ends
      globalThis.gc?.();
      most = Math.max(most, seen.filter((ref) => ref.deref() !== undefined).length);
    }
    expect(count).toBe(1_000_000);
    expect(most).toBeLessThanOrEqual(20);
  });

  it("closes the portal when the loop is left", async () => {
    for await (const row of connection.stream(series(1_000_000), { batch: 10 })) if (row.n === 15) break;
    const failing = async (): Promise<void> => {
      for await (const row of connection.stream(series(1_000_000))) if (row.n === 7) throw new Error("seven");
    };
    await expect(failing()).rejects.toThrow("seven");
    expect(connection.status).toEqual({ busy: false, inTransaction: false, clean: true });
  });

  it("works inside a transaction, and leaves no portal there", async () => {
    await connection.run({ text: "begin" });
    for await (const row of connection.stream(series(100), { batch: 10 })) if (row.n === 15) break;
    expect((await connection.run({ text: "select * from pg_cursors" })).rows).toEqual([]);
    expect(await collect(connection.stream(series(30), { batch: 10 }))).toHaveLength(30);
    await connection.run({ text: "commit" });
  });

  it("throws where the server fails, after the rows in front of it", async () => {
    const seen: unknown[] = [];
    const failing = async (): Promise<void> => {
      const text = "select 10 / (25 - n) as q from generate_series(1, 100) n";
      for await (const row of connection.stream({ text }, { batch: 10 })) seen.push(row);
    };
    await expect(failing()).rejects.toMatchObject({ code: "22012" });
    expect(seen).toHaveLength(20);
    await expect(collect(connection.stream({ text: "nonsense" }))).rejects.toMatchObject({ code: "42601" });
  });

  it("throws what a type parser throws", async () => {
    const types = {
      getTypeParser: () => () => {
        throw new Error("unreadable");
      },
    };
    await expect(collect(connection.stream({ ...series(1_000), types }))).rejects.toMatchObject({
      code: "STATEMENT_FAILED",
    });
  });

  it("throws the reason when it is aborted while the server works", async () => {
    const signal = AbortSignal.timeout(50);
    const slow = { text: "select pg_sleep(60)" };
    await expect(collect(connection.stream(slow, { signal }))).rejects.toSatisfy((e) => e === signal.reason);
  });

  it("throws the reason when it is aborted between two rows", async () => {
    const controller = new AbortController();
    let count = 0;
    const aborting = async (): Promise<void> => {
      for await (const _row of connection.stream(series(1_000), { batch: 10, signal: controller.signal })) {
        count += 1;
        if (count === 15) controller.abort(new Error("enough"));
      }
    };
    await expect(aborting()).rejects.toThrow("enough");
    expect(count).toBe(15);
  });

  it("sends nothing when it has aborted before, and refuses what cannot be", async () => {
    const writes = recordWrites(connection);
    const signal = AbortSignal.abort(new Error("before"));
    await expect(collect(connection.stream(series(1), { signal }))).rejects.toThrow("before");
    await expect(collect(connection.stream(series(1), { batch: 0 }))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(writes).toEqual([]);
  });

  it("gives rows as arrays", async () => {
    const rows = await collect(connection.stream({ text: "select 1, 2", rowMode: "array" }));
    expect(rows).toEqual([[1, 2]]);
  });

  it("refuses COPY", async () => {
    await connection.run({ text: "create temp table t (n int)" });
    await expect(collect(connection.stream({ text: "copy t from stdin" }))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
