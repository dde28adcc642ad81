import { Readable } from "node:stream";
import { type PostgresServer } from "@pool/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PostgresConnection } from "../../src/connection/connection.js";
import { collect, database, open, recordWrites } from "./support.js";

let server: PostgresServer;
let connection: PostgresConnection;
beforeAll(async () => {
  server = await database();
  await server.sql("create table numbers (n int, name text)");
});
afterAll(async () => await server[Symbol.asyncDispose]());
beforeEach(async () => {
  connection = await open(server.url);
  await connection.run({ text: "create temp table t (n int, name text)" });
});
afterEach(async () => {
  expect(connection.status.busy).toBe(false);
  expect((await connection.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  await connection.close(true);
});

const COPY_IN = "copy t from stdin";
const count = async (): Promise<unknown> =>
  (await connection.run({ text: "select count(*)::int as n from t" })).rows[0]?.n;

async function* lines(n: number): AsyncGenerator<string> {
  for (let line = 1; line <= n; line += 1) yield `${line}\tnäme ${line}\n`;
}

describe("copyFrom", () => {
  it("writes all of a generator, whatever its chunks are", async () => {
    expect(await connection.copyFrom(COPY_IN, lines(100_000))).toEqual({ rowCount: 100_000 });
    const sum = await connection.run({ text: "select sum(n)::text as sum, max(name) as name from t" });
    expect(sum.rows).toEqual([{ sum: "5000050000", name: "näme 99999" }]);
  });

  it("writes a Readable of large buffers", async () => {
    const whole = Buffer.from((await collect(lines(50_000))).join(""));
    expect(await connection.copyFrom(COPY_IN, Readable.from([whole]))).toEqual({ rowCount: 50_000 });
    expect(await count()).toBe(50_000);
  });

  it("writes a text and bytes as they are", async () => {
    expect(await connection.copyFrom(COPY_IN, "1\tä\n2\tb\n")).toEqual({ rowCount: 2 });
    expect(await connection.copyFrom(COPY_IN, Buffer.from("3\tö\n"))).toEqual({ rowCount: 1 });
    const { rows } = await connection.run({ text: "select n, name from t order by n" });
    expect(rows.map(({ name }) => name)).toEqual(["ä", "b", "ö"]);
  });

  it("writes nothing of nothing", async () => {
    expect(await connection.copyFrom(COPY_IN, lines(0))).toEqual({ rowCount: 0 });
  });

  it("reads its source no faster than the server takes it", async () => {
    const blocker = await open(server.url);
    await blocker.run({ text: "begin; create function pg_temp.x() returns int language sql as 'select 1'" });
    await connection.run({
      text: "create function pg_temp.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.4); return new; end $$",
    });
    await connection.run({
      text: "create trigger slow before insert on t for each row when (new.n = 1) execute function pg_temp.slow()",
    });
    let given = 0;
    const early: number[] = [];
    const source = async function* (): AsyncGenerator<string> {
      for (let line = 1; line <= 3_000; line += 1) {
        given += 1;
        yield `${line}\t${"x".repeat(10_000)}\n`;
      }
    };
    const timer = setInterval(() => early.push(given), 20);
    await connection.copyFrom(COPY_IN, source());
    clearInterval(timer);
    // Without a wait no timer would run between the first line and the last.
    expect(early.some((lines) => lines > 0 && lines < 3_000)).toBe(true);
    expect(await count()).toBe(3_000);
    await blocker.close(true);
  });

  it("takes all back when the source fails, and throws what it threw", async () => {
    const boom = new Error("boom");
    const failing = async function* (): AsyncGenerator<string> {
      yield* lines(50_000);
      throw boom;
    };
    await expect(connection.copyFrom(COPY_IN, failing())).rejects.toBe(boom);
    expect(await count()).toBe(0);
  });

  it("throws the server's error at once, and ends a source that has more or gives no more", async () => {
    let ended = false;
    const wrong = async function* (): AsyncGenerator<string> {
      try {
        yield "no number\tx\n".repeat(10_000);
        for (;;) yield "1\tx\n".repeat(10_000);
      } finally {
        ended = true;
      }
    };
    await expect(connection.copyFrom(COPY_IN, wrong())).rejects.toMatchObject({ code: "22P02" });
    await expect.poll(() => ended).toBe(true);
    const silent = new Readable({ read: () => undefined });
    silent.push("no number\tx\n".repeat(10_000));
    await expect(connection.copyFrom(COPY_IN, silent)).rejects.toMatchObject({ code: "22P02" });
  });

  it("throws the reason when it is aborted while the source is silent", async () => {
    const silent = new Readable({ read: () => undefined });
    silent.push("1\tx\n");
    const signal = AbortSignal.timeout(50);
    await expect(connection.copyFrom(COPY_IN, silent, signal)).rejects.toSatisfy((e) => e === signal.reason);
    expect(await count()).toBe(0);
  });

  it("throws the reason when it is aborted before the server has asked for data", async () => {
    const silent = new Readable({ read: () => undefined });
    const controller = new AbortController();
    const reason = new Error("not wanted");
    process.nextTick(() => controller.abort(reason));
    await expect(connection.copyFrom(COPY_IN, silent, controller.signal)).rejects.toBe(reason);
    expect(await count()).toBe(0);
  });

  it("throws the reason when it is aborted while the server waits for a lock", async () => {
    const holder = await open(server.url);
    await holder.run({ text: "begin; lock table numbers in access exclusive mode" });
    const signal = AbortSignal.timeout(50);
    const copying = connection.copyFrom("copy numbers from stdin", lines(10), signal);
    await expect(copying).rejects.toSatisfy((e) => e === signal.reason);
    await holder.close(true);
  });

  it.each([
    "insert into t values (1)",
    "select 1",
    "copy t to stdout",
    "copy (select n from t) to stdin",
    "copy t from '/etc/hostname'",
    "copy t from program 'true'",
    "copy t from stdin; insert into t values (1)",
    "copy t",
    "nonsense",
    "/* copy t from stdin */",
    "",
  ])("refuses %j before it is sent", async (text) => {
    const writes = recordWrites(connection);
    const refused = {
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^copyFrom takes one statement/) as string,
    };
    await expect(connection.copyFrom(text, lines(3))).rejects.toMatchObject(refused);
    expect(writes).toEqual([]);
  });

  it.each([
    "/* c */ COPY t FROM STDIN;",
    "copy t (n, name) from stdin with (format text, delimiter '\t') where n > 0 -- all",
    'copy "t" from stdout ;;',
  ])("takes %j", async (text) => {
    expect(await connection.copyFrom(text, lines(3))).toEqual({ rowCount: 3 });
  });
});

describe("copyTo", () => {
  it("gives what the server writes, byte for byte", async () => {
    await connection.copyFrom(COPY_IN, lines(20_000));
    const data = Buffer.concat(await collect(connection.copyTo("copy (select * from t order by n) to stdout")));
    expect(data.toString()).toBe((await collect(lines(20_000))).join(""));
  });

  it("stops reading while nobody takes the data", async () => {
    const text = "copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout";
    const { stream } = connection.client.connection as unknown as { stream: { bytesRead: number } };
    const before = stream.bytesRead;
    let total = 0;
    for await (const chunk of connection.copyTo(text)) {
      if (total === 0) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(stream.bytesRead - before).toBeLessThan(2_000_000);
      }
      total += chunk.length;
    }
    expect(total).toBe(100_100_000);
  });

  it("cancels when the loop is left", async () => {
    for await (const chunk of connection.copyTo("copy (select generate_series(1, 100000000)) to stdout")) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(connection.status.busy).toBe(false);
  });

  it("throws the reason when it is aborted", async () => {
    const signal = AbortSignal.timeout(50);
    const endless = connection.copyTo("copy (select generate_series(1, 100000000)) to stdout", signal);
    await expect(collect(endless)).rejects.toSatisfy((e) => e === signal.reason);
    const stuck = AbortSignal.timeout(50);
    await expect(collect(connection.copyTo("copy (select pg_sleep(60)) to stdout", stuck))).rejects.toSatisfy(
      (e) => e === stuck.reason,
    );
  });

  it("throws an error that comes in the middle", async () => {
    const text = "copy (select 1 / (50000 - n) from generate_series(1, 100000) n) to stdout";
    await expect(collect(connection.copyTo(text))).rejects.toMatchObject({ code: "22012" });
  });

  it.each([
    "insert into t values (1)",
    "copy t from stdin",
    "copy (select n from t where n in (select 1)) to '/nowhere/file'",
    "copy t to stdout; insert into t values (1)",
  ])("refuses %j before it is sent", async (text) => {
    const writes = recordWrites(connection);
    const refused = {
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^copyTo takes one statement/) as string,
    };
    await expect(collect(connection.copyTo(text))).rejects.toMatchObject(refused);
    expect(writes).toEqual([]);
  });

  it("takes a query with both words in it", async () => {
    const text = "copy (insert into t select n from generate_series(1, 3) n returning n) to stdout (format csv)";
    expect(Buffer.concat(await collect(connection.copyTo(text))).toString()).toBe("1\n2\n3\n");
  });

  it("goes into copyFrom of another connection", async () => {
    await connection.copyFrom(COPY_IN, lines(5_000));
    const other = await open(server.url);
    expect(await other.copyFrom("copy numbers from stdin", connection.copyTo("copy t to stdout"))).toEqual({
      rowCount: 5_000,
    });
    await other.close(true);
  });
});
