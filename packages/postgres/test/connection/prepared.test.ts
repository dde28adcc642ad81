import { startPgBouncer, type PgBouncer, type PostgresServer } from "@pool/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PostgresConnection } from "../../src/connection/connection.js";
import { type PostgresStatement } from "../../src/connection/statement.js";
import { database, open, recordWrites } from "./support.js";

let server: PostgresServer;
let connection: PostgresConnection;

beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());
beforeEach(async () => {
  connection = await open(server.url, { statementCache: 3 });
});
afterEach(async () => await connection.close(true));

const add = (n: number): PostgresStatement => ({ text: "select $1::int + 1 as next", values: [n] });

async function namesOnServer(): Promise<number> {
  const { rows } = await connection.run({ text: "select count(*)::int as n from pg_prepared_statements" });
  return rows[0]!.n as number;
}

async function prepare(statement: PostgresStatement): Promise<void> {
  await connection.run(statement);
  await connection.run(statement);
}

describe("prepared statements", () => {
  it("leave a one-off alone, are parsed at the second use, and only bound and executed from the third on", async () => {
    const writes = recordWrites(connection);
    for (let n = 0; n < 4; n += 1) expect((await connection.run(add(n))).rows).toEqual([{ next: n + 1 }]);
    expect(writes).toEqual(["PBDES", "PBDES", "BES", "BES"]);
    expect(await namesOnServer()).toBe(1);
  });

  it("give the same fields and rows as the first time, in both row modes", async () => {
    const statement = { text: "select $1::int as a, now()::date as d, 'x' as a", values: [1] };
    const first = await connection.run(statement);
    await connection.run(statement);
    const third = await connection.run(statement);
    expect(third).toEqual(first);
    const arrays = await connection.run({ ...statement, rowMode: "array" });
    expect(arrays.rows[0]).toEqual([1, first.rows[0]!.d, "x"]);
  });

  it("use type parsers that were set after the first use", async () => {
    await prepare(add(1));
    await connection.run(add(1));
    connection.client.setTypeParser(pg.types.builtins.INT4, (value: string) => `parsed ${value}`);
    expect((await connection.run(add(1))).rows).toEqual([{ next: "parsed 2" }]);
  });

  it("are not run a second time once they are to be cancelled", async () => {
    await connection.run({ text: "create temp table kept (n int)" });
    const insert = { text: "insert into kept values ($1) returning *", values: [1] };
    await prepare(insert);
    await connection.run({ text: "alter table kept add column m int" });
    const answer = new Promise((resolve, reject) => connection.start(insert, { resolve, reject }));
    connection.cancel(new Error("not wanted"));
    await expect(answer).rejects.toBeInstanceOf(pg.DatabaseError);
    expect((await connection.run({ text: "select count(*)::int as n from kept" })).rows).toEqual([{ n: 2 }]);
  });

  it("are made at the first use, or never, where the statement says so", async () => {
    const writes = recordWrites(connection);
    await connection.run({ text: "select 1 as one", prepare: true });
    await connection.run({ text: "select 1 as one", prepare: true });
    for (let n = 0; n < 3; n += 1) await connection.run({ ...add(n), prepare: false });
    expect(writes).toEqual(["PBDES", "BDES", "PBDES", "PBDES", "PBDES"]);
  });

  it("do not trust the shape of what is not a plain query", async () => {
    const fetch = { text: "fetch 1 from c", prepare: true };
    await connection.run({ text: "begin; declare c cursor for select 1 as a" });
    expect((await connection.run(fetch)).rows).toEqual([{ a: 1 }]);
    await connection.run({ text: "close c; declare c cursor for select 'x' as b, 2 as c" });
    expect((await connection.run(fetch)).rows).toEqual([{ b: "x", c: 2 }]);
    await connection.run({ text: "rollback" });
  });

  it("close the least recently used in front of the next statement, in the same write", async () => {
    for (const name of ["a", "b", "c"]) await prepare({ text: `select $1::int as ${name}`, values: [1] });
    await connection.run({ text: "select $1::int as a", values: [1] });
    const writes = recordWrites(connection);
    await prepare({ text: "select $1::int as d", values: [1] });
    expect(await namesOnServer()).toBe(3);
    expect(writes).toEqual(["PBDES", "CPBDES", "Q"]);
    writes.length = 0;
    await connection.run({ text: "select $1::int as a", values: [1] });
    await connection.run({ text: "select $1::int as b", values: [1] });
    expect(writes).toEqual(["BES", "PBDES"]);
  });

  it("keep what they remember bounded under ever new texts", async () => {
    for (let n = 0; n < 50; n += 1) await prepare({ text: `select $1::int as c${n}`, values: [n] });
    expect(await namesOnServer()).toBe(3);
  });

  it("survive a change of the table under them", async () => {
    await connection.run({ text: "create temp table t (a int); insert into t values (1)" });
    const read = { text: "select * from t where a = $1", values: [1] };
    await prepare(read);
    await connection.run({ text: "alter table t add b text default 'x'" });
    const writes = recordWrites(connection);
    expect((await connection.run(read)).rows).toEqual([{ a: 1, b: "x" }]);
    expect(writes).toEqual(["BES", "CPBDES"]);
    expect((await connection.run(read)).rows).toEqual([{ a: 1, b: "x" }]);
    await connection.run(read);
    await connection.run({ text: "alter table t alter a type text" });
    expect((await connection.run(read)).rows).toEqual([{ a: "1", b: "x" }]);
    await prepare(read);
    await connection.run({ text: "alter table t drop a" });
    await expect(connection.run(read)).rejects.toMatchObject({ code: "42703" });
  });

  it("pass the refusal on inside a transaction, and work again in the next one", async () => {
    await connection.run({ text: "create temp table t (a int); insert into t values (1)" });
    const read = { text: "select * from t where a = $1", values: [1] };
    await prepare(read);
    await connection.run({ text: "begin; alter table t add b int" });
    await expect(connection.run(read)).rejects.toMatchObject({ code: "0A000" });
    expect(connection.status.inTransaction).toBe(true);
    await connection.run({ text: "rollback" });
    await connection.run({ text: "begin" });
    expect((await connection.run(read)).rows).toEqual([{ a: 1 }]);
    expect((await connection.run(read)).rows).toEqual([{ a: 1 }]);
    await connection.run({ text: "commit" });
  });

  it.each(["discard all", "deallocate all", "do $$ begin execute 'deallocate all'; end $$"])(
    "survive %s behind their back",
    async (text) => {
      await prepare(add(1));
      await connection.run({ text });
      const writes = recordWrites(connection);
      expect((await connection.run(add(1))).rows).toEqual([{ next: 2 }]);
      expect(writes).toEqual(["BES", "PBDES"]);
      await connection.run(add(1));
      await connection.run(add(1));
      expect(writes).toEqual(["BES", "PBDES", "PBDES", "BES"]);
    },
  );

  it("run a write exactly once when they have to begin anew", async () => {
    await connection.run({ text: "create temp table t (n int)" });
    const write = { text: "insert into t values ($1)", values: [1] };
    await prepare(write);
    await connection.run({ text: "deallocate all" });
    await connection.run(write);
    expect((await connection.run({ text: "select count(*)::int as n from t" })).rows).toEqual([{ n: 3 }]);
  });

  it("do not run again what failed inside a function for reasons that only look the same", async () => {
    await connection.run({ text: "create temp sequence calls" });
    await connection.run({
      text: `create function pg_temp.lost(int) returns int language plpgsql as
             $$ begin perform nextval('calls'); execute 'execute nothing'; return 1; end $$`,
    });
    const call = { text: "select pg_temp.lost($1)", values: [1], prepare: true };
    await expect(connection.run(call)).rejects.toMatchObject({ code: "26000" });
    await expect(connection.run(call)).rejects.toMatchObject({ code: "26000" });
    expect((await connection.run({ text: "select last_value::int as n from calls" })).rows).toEqual([{ n: 2 }]);
  });

  it("leave nothing behind of one that failed at its first use", async () => {
    await expect(connection.run({ text: "select nonsense($1)", values: [1], prepare: true })).rejects.toThrow();
    await expect(connection.run({ text: "select 1 / $1::int", values: [0], prepare: true })).rejects.toThrow();
    expect(await namesOnServer()).toBe(0);
    const again = { text: "select 1 / $1::int as n", values: [1], prepare: true };
    expect((await connection.run(again)).rows).toEqual([{ n: 1 }]);
    await expect(connection.run({ ...again, values: [0] })).rejects.toThrow();
    const writes = recordWrites(connection);
    expect((await connection.run(again)).rows).toEqual([{ n: 1 }]);
    expect(writes).toEqual(["BES"]);
  });

  it("are not made at all with a cache of 0", async () => {
    const plain = await open(server.url, { statementCache: 0 });
    const writes = recordWrites(plain);
    for (let n = 0; n < 3; n += 1) await plain.run({ ...add(n), prepare: true });
    expect(writes).toEqual(["PBDES", "PBDES", "PBDES"]);
    await plain.close(true);
  });
});

describe("behind a PgBouncer in transaction mode", () => {
  let bouncer: PgBouncer;
  beforeAll(async () => {
    bouncer = await startPgBouncer({ server, poolMode: "transaction", settings: { default_pool_size: 2 } });
  });
  afterAll(async () => await bouncer[Symbol.asyncDispose]());

  async function crowd(statementCache: number): Promise<unknown[]> {
    const connections = await Promise.all(Array.from({ length: 6 }, () => open(bouncer.url, { statementCache })));
    const runs = connections.flatMap((each, index) =>
      Array.from({ length: 20 }, async (_, n) => {
        const value = index * 100 + n;
        const { rows } = await each.run({ text: `select $1::int as c${index % 3}`, values: [value] });
        return rows[0]![`c${index % 3}`] === value;
      }),
    );
    const results = await Promise.all(runs);
    await Promise.all(connections.map((each) => each.close(true)));
    return results;
  }

  it("statements without names never meet one another", async () => {
    expect(await crowd(0)).toEqual(new Array(120).fill(true));
  });

  it("names that it was not told of give right answers all the same", async () => {
    expect(await crowd(100)).toEqual(new Array(120).fill(true));
  });
});
