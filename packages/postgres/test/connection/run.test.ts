import { type PostgresServer } from "@pool/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PostgresConnection } from "../../src/connection/connection.js";
import { database, open } from "./support.js";

let server: PostgresServer;
let connection: PostgresConnection;

beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());
beforeEach(async () => {
  connection = await open(server.url);
});
afterEach(async () => await connection.close(true));

describe("run", () => {
  it("resolves with rows, their number, the command and the fields", async () => {
    const result = await connection.run({ text: "select $1::int as a, $2 as b", values: [7, "x"] });
    expect(result).toMatchObject({ command: "SELECT", rowCount: 1, oid: null, rows: [{ a: 7, b: "x" }] });
    expect(result.fields.map((field) => field.name)).toEqual(["a", "b"]);
  });

  it("counts the rows of a write, and 0 for a command that counts none", async () => {
    expect(await connection.run({ text: "create temp table t (n int)" })).toMatchObject({
      command: "CREATE",
      rowCount: 0,
    });
    const insert = await connection.run({ text: "insert into t select generate_series(1, $1::int)", values: [3] });
    expect(insert).toMatchObject({ command: "INSERT", rowCount: 3, oid: 0, rows: [] });
    expect(await connection.run({ text: "" })).toMatchObject({ command: null, rowCount: 0, rows: [] });
  });

  it("gives the last result of several statements, with all of them in `results`", async () => {
    const result = await connection.run({
      text: "select 1 as a; select 2 as b union all select 3; create temp table t ()",
    });
    expect(result.command).toBe("CREATE");
    expect(result.results?.map(({ command, rows }) => ({ command, rows }))).toEqual([
      { command: "SELECT", rows: [{ a: 1 }] },
      { command: "SELECT", rows: [{ b: 2 }, { b: 3 }] },
      { command: "CREATE", rows: [] },
    ]);
  });

  it("runs statements issued together in the order of their calls", async () => {
    const results = await Promise.all(
      [1, 2, 3].map((n) => connection.run({ text: "select $1::int as n", values: [n] })),
    );
    expect(results.map(({ rows }) => rows[0])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("rejects with the driver's error, whose stack leads to the caller, and runs the next statement", async () => {
    const failing = async function theCaller(): Promise<unknown> {
      return await connection.run({ text: "select 1 / $1::int", values: [0] });
    };
    const error: unknown = await failing().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(error).toMatchObject({ code: "22012" });
    expect((error as Error).stack).toContain("theCaller");
    expect(connection.status).toEqual({ busy: false, inTransaction: false, clean: true });
    expect((await connection.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  });

  it("is neither busy nor in a transaction once a failed statement has rejected", async () => {
    for (let round = 0; round < 50; round += 1) {
      await expect(connection.run({ text: "nonsense" })).rejects.toMatchObject({ code: "42601" });
      expect(connection.status.busy).toBe(false);
    }
  });

  it("rejects what waits when the connection is lost", async () => {
    const waiting = connection.run({ text: "select pg_sleep(60)" });
    const behind = connection.run({ text: "select 1" });
    const outcomes = Promise.allSettled([waiting, behind]);
    await server.sql(`select pg_terminate_backend(${connection.processId})`);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(connection.run({ text: "select 1" })).rejects.toThrow();
  });

  it("refuses COPY as a statement, and runs the next one", async () => {
    await connection.run({ text: "create temp table t (n int)" });
    const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining("copyFrom") as string };
    await expect(connection.run({ text: "copy t from stdin" })).rejects.toMatchObject(refused);
    await expect(connection.run({ text: "copy (select 1) to stdout" })).rejects.toMatchObject(refused);
    expect((await connection.run({ text: "select count(*)::int as n from t" })).rows).toEqual([{ n: 0 }]);
  });
});

describe("what cannot be sent", () => {
  it.each([
    ["a text that is no string", { text: 7 as unknown as string }, "not number"],
    ["a NUL in the text", { text: "select 'a\0b'" }, "position 9"],
    ["a NUL in a value", { text: "select $1", values: ["a\0b"] }, "value $1"],
    ["a NUL inside an array", { text: "select $1::text[]", values: [["a\0b"]] }, "value $1"],
    ["values that are no array", { text: "select $1", values: "x" as unknown as unknown[] }, "not string"],
    ["too many values", { text: "select 1", values: new Array<number>(65_536).fill(1) }, "65536"],
    [
      "a value whose toPostgres throws",
      {
        text: "select $1",
        values: [
          {
            toPostgres: () => {
              throw new Error("no such luck");
            },
          },
        ],
      },
      "value $1 cannot be sent: no such luck",
    ],
  ])("refuses %s before anything is sent", async (_name, statement, message) => {
    await expect(connection.run(statement)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
    expect((await connection.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  });

  it("takes as many values as the protocol can count", async () => {
    const values = new Array<number>(65_535).fill(1);
    const text = `select count(*)::int as n from (values ${values.map((_, index) => `($${index + 1}::int)`).join(",")}) v`;
    expect((await connection.run({ text, values })).rows).toEqual([{ n: 65_535 }]);
  });
});

describe("signal", () => {
  it("cancels on the server, rejects with the reason and leaves the connection usable", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleeping = connection.run({ text: "select pg_sleep(60)" }, controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(sleeping).rejects.toBe(reason);
    expect(connection.status).toEqual({ busy: false, inTransaction: false, clean: true });
    expect((await connection.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  });

  it("sends nothing once it has aborted", async () => {
    const ahead = connection.run({ text: "select pg_sleep(0.2)" });
    const controller = new AbortController();
    const queued = connection.run({ text: "create table never ()" }, controller.signal);
    controller.abort(new Error("never mind"));
    await expect(queued).rejects.toThrow("never mind");
    await expect(connection.run({ text: "create table never ()" }, controller.signal)).rejects.toThrow("never mind");
    await ahead;
    expect((await connection.run({ text: "select to_regclass('never') as t" })).rows).toEqual([{ t: null }]);
  });
});

describe("validate and close", () => {
  it("validates with a round trip, and rejects when the server is gone", async () => {
    await connection.validate(AbortSignal.timeout(1_000));
    await server.sql(`select pg_terminate_backend(${connection.processId})`);
    await expect(connection.validate(AbortSignal.timeout(5_000))).rejects.toThrow();
  });

  it.each([true, false])("closes its backend (graceful: %s)", async (graceful) => {
    const other = await open(server.url);
    await other.close(graceful);
    const gone = async (): Promise<unknown> =>
      (await server.sql(`select 1 from pg_stat_activity where pid = ${other.processId}`)).length;
    await expect.poll(gone, { timeout: 5_000 }).toBe(0);
  });
});
