import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { inspect } from "node:util";
import { sharedPostgres, type PostgresServer } from "@pool/testing";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Pool, type PoolConfig } from "../../src/pg/index.js";

// The next file may share this process.
afterEach(() => {
  vi.unstubAllEnvs();
});

let server: PostgresServer;
beforeAll(async () => {
  server = await sharedPostgres();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function open(config: PoolConfig = {}): Pool {
  return new Pool({ connectionString: server.url, ...config });
}

describe("the class", () => {
  it("is what libraries look for", async () => {
    await using pool = open();
    expect(pool).toBeInstanceOf(pg.Pool);
    expect(pool.constructor.name).toBe("Pool");
    expect(pool.options).toMatchObject({ max: 10, min: 0, idleTimeoutMillis: 10_000, allowExitOnIdle: false });
    expect(Object.keys(pool.options)).not.toContain("password");
  });

  it("shows where it leads and no secret, whatever the address is given in", async () => {
    const { host, hostname, port, username } = new URL("postgres://me@db.example.com:5433/x");
    const secret = "h%75nter2";
    const address = `postgres://${username}:${secret}@${host}/x?sslmode=disable`;
    for (const name of ["connectionString", "url"] as const) {
      await using pool = new Pool({ [name]: address, host: "elsewhere" });
      const seen = inspect(pool, { depth: 12 }) + JSON.stringify(pool.options) + JSON.stringify({ ...pool.options });
      expect(seen).not.toMatch(/hunter2|h%75nter2/);
      expect(pool.options).toMatchObject({ host: hostname, port: Number(port), user: username, database: "x" });
      expect(Object.keys(pool.options)).not.toContain(name);
      // Libraries that connect by themselves read them.
      expect(pool.options[name as "connectionString"]).toBe(address);
      expect(pool.options.password).toBe("hunter2");
    }
  });

  it("is a pg.Pool to the compiler", async () => {
    await using pool = open();
    const asPg: pg.Pool = pool;
    const config: PoolConfig = {};
    const { rows } = await asPg.query<{ one: number }>("select 1 as one");
    expect(rows[0]?.one).toBe(1);
    expect(config).toEqual({});
  });
});

describe("query", () => {
  it("takes every shape that pg.Pool takes, and answers the same", async () => {
    await using pool = open();
    const peer = new pg.Pool({ connectionString: server.url, max: 1 });
    const shapes: readonly unknown[][] = [
      ["select 1 as a, 'x' as b"],
      ["select $1::int as a, $2::text as b", [7, "x"]],
      [{ text: "select $1::int as a", values: [1] }],
      [{ text: "select $1::int as a" }, [2]],
      [{ text: "select 1 as a, 2 as a", rowMode: "array" }],
      [{ name: "named", text: "select $1::json as a", values: [{ deep: [1] }] }],
      [{ name: "named", values: [{ other: true }] }],
      [{ text: "select 1 as a", queryMode: "extended" }],
      [{ text: "select $1::bytea as a", values: [Buffer.from("ab")], binary: true }],
      [{ text: "select 1::int8 as a", types: { getTypeParser: () => (text: string) => `<${text}>` } }],
      ["select 1 as a; select 2 as b"],
      ["create temp table t (a int)"],
      [""],
      [{ name: "nothing", text: "" }],
      ["begin"],
      ["rollback"],
    ];
    for (const shape of shapes) {
      const ours = await (pool.query as (...args: unknown[]) => Promise<unknown>)(...shape);
      const theirs = await (peer.query as (...args: unknown[]) => Promise<unknown>)(...shape);
      expect(plain(ours), JSON.stringify(shape)).toEqual(plain(theirs));
    }
    await peer.end();
  });

  it("differs where the README says so: texts that share a name, results without pg's class", async () => {
    await using pool = open({ max: 1 });
    const first = await pool.query({ name: "shared", text: "select 1 as a" });
    const second = await pool.query({ name: "shared", text: "select 2 as b" });
    expect([first.rows, second.rows]).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
    const noList = "abc" as unknown as unknown[];
    await expect(pool.query("select $1", noList)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("calls back in the async context of its caller", async () => {
    await using pool = open({ max: 1 });
    const context = new AsyncLocalStorage<number>();
    const seen = await Promise.all(
      [1, 2, 3].map((id) =>
        context.run(
          id,
          () =>
            new Promise<unknown[]>((resolve) => {
              pool.query("select $1::int as n", [id], (error, { rows }) => {
                resolve([error, rows[0], context.getStore()]);
              });
            }),
        ),
      ),
    );
    expect(seen).toEqual([1, 2, 3].map((id) => [undefined, { n: id }, id]));
  });

  it("rejects with the server's own error, which costs no connection", async () => {
    await using pool = open({ max: 1 });
    const { rows } = await pool.query("select pg_backend_pid() as pid");
    for (let round = 0; round < 5; round += 1) {
      const error: unknown = await pool.query("select 1/0").catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(pg.DatabaseError);
      expect(error).toMatchObject({ code: "22012" });
    }
    expect((await pool.query("select pg_backend_pid() as pid")).rows).toEqual(rows);
  });

  it("calls back with the error", async () => {
    await using pool = open();
    const error = await new Promise<unknown>((resolve) => {
      pool.query("select nothing", (reason: Error) => resolve(reason));
    });
    expect(error).toMatchObject({ code: "42703" });
  });

  it("refuses a function, as pg does", async () => {
    await using pool = open();
    const error = await new Promise<unknown>((resolve) => {
      (pool.query as (callback: unknown) => void)((reason: unknown) => resolve(reason));
    });
    expect(error).toMatchObject({ message: expect.stringContaining("function as the first parameter") as string });
  });

  it("cancels on the server what takes longer than query_timeout", async () => {
    await using pool = open({ max: 1, query_timeout: 100 });
    await expect(pool.query("select pg_sleep(20)")).rejects.toMatchObject({
      code: "QUERY_TIMEOUT",
      message: expect.stringMatching(/^Query read timeout/) as string,
    });
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("is cancelled by its signal", async () => {
    await using pool = open({ max: 1 });
    const signal = AbortSignal.timeout(100);
    const query = { text: "select pg_sleep(20)", signal };
    const error: unknown = await pool.query(query).catch((reason: unknown) => reason);
    expect(error).toBe(signal.reason);
    expect(signal.aborted).toBe(true);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});

describe("connect", () => {
  it("lends a client that is a pg.Client", async () => {
    await using pool = open();
    const client = await pool.connect();
    expect(client).toBeInstanceOf(pg.Client);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    expect(pidOf(client)).toBe(rows[0]?.pid);
    expect(client.escapeIdentifier('a"b')).toBe('"a""b"');
    expect((client.getTypeParser as (oid: number) => (text: string) => unknown)(23)("5")).toBe(5);
    expect(client.getTransactionStatus()).toBe("I");
    await client.query("begin");
    expect(client.getTransactionStatus()).toBe("T");
    expect(client.database).toBe(new URL(server.url).pathname.slice(1));
    client.release();
  });

  it("hands client and done to a callback", async () => {
    await using pool = open();
    await new Promise<void>((resolve, reject) => {
      pool.connect((error, client, done) => {
        if (error !== undefined || client === undefined) return reject(error!);
        client.query("select 1 as one", (failed: Error | null, result: pg.QueryResult) => {
          done();
          expect(failed).toBeNull();
          expect(result.rows).toEqual([{ one: 1 }]);
          resolve();
        });
      });
    });
    expect(pool.idleCount).toBe(1);
  });

  it("throws at a second release, and leaves the next holder alone", async () => {
    await using pool = open({ max: 1 });
    const first = await pool.connect();
    const { release } = first;
    release();
    const second = await pool.connect();
    expect(() => release()).toThrow("Release called on client which has already been released to the pool.");
    await second.query("begin");
    let third = false;
    const waiting = pool.connect().then((client) => {
      third = true;
      client.release();
    });
    await second.query("select pg_sleep(0.05)");
    expect(third).toBe(false);
    await expect(first.query("select 1")).rejects.toMatchObject({ code: "LEASE_ENDED" });
    await second.query("commit");
    second.release();
    await waiting;
  });

  it("takes listeners off with the release", async () => {
    await using pool = open({ max: 1 });
    const heard: string[] = [];
    const first = await pool.connect();
    first.on("notice", ({ message }) => heard.push(`first ${String(message)}`));
    await first.query("do $$ begin raise notice 'one'; end $$");
    first.release();
    const second = await pool.connect();
    expect(second.listenerCount("notice")).toBe(0);
    await second.query("do $$ begin raise notice 'two'; end $$");
    second.release();
    expect(heard).toEqual(["first one"]);
  });

  it("hears notifications", async () => {
    await using pool = open({ max: 2 });
    const listener = await pool.connect();
    await listener.query("listen news");
    const heard = once(listener, "notification");
    await pool.query("select pg_notify('news', 'hello')");
    expect(await heard).toMatchObject([{ channel: "news", payload: "hello" }]);
    listener.release();
    await pool.query("select 1");
  });

  it("undoes what a holder has left behind", async () => {
    await using pool = open({ max: 1 });
    const client = await pool.connect();
    await client.query("set statement_timeout = 12345");
    await client.query("create temp table left_behind (a int)");
    await client.query("begin");
    client.release();
    const { rows } = await pool.query(
      "select current_setting('statement_timeout') as t, to_regclass('left_behind') is null as gone",
    );
    expect(rows).toEqual([{ t: "0", gone: true }]);
  });

  it("closes the connection that is released with an error", async () => {
    await using pool = open({ max: 1 });
    const removed = once(pool, "remove");
    const client = await pool.connect();
    const pid = pidOf(client);
    client.release(new Error("unfit"));
    await removed;
    const next = await pool.connect();
    expect(pidOf(next)).not.toBe(pid);
    next.release(true);
  });
});

describe("limits", () => {
  it("counts", async () => {
    await using pool = open({ max: 2 });
    const clients = [await pool.connect(), await pool.connect()];
    const waiting = pool.connect();
    expect([pool.totalCount, pool.idleCount, pool.waitingCount, pool.expiredCount]).toEqual([2, 0, 1, 0]);
    for (const client of clients) client.release();
    (await waiting).release();
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([2, 2, 0]);
  });

  it("says pg's words when nothing comes free in time", async () => {
    await using pool = open({ max: 1, connectionTimeoutMillis: 1_000 });
    const client = await pool.connect();
    await expect(pool.query("select 1")).rejects.toMatchObject({
      code: "ACQUIRE_TIMEOUT",
      message: expect.stringMatching(/^timeout exceeded when trying to connect/) as string,
    });
    client.release();
  });

  it("closes what has been idle for idleTimeoutMillis", async () => {
    await using pool = open({ idleTimeoutMillis: 1_000 });
    const removed = once(pool, "remove");
    await pool.query("select 1");
    await removed;
    expect(pool.totalCount).toBe(0);
  });

  it("replaces a connection after maxUses", async () => {
    await using pool = open({ max: 1, maxUses: 2 });
    const pids: unknown[] = [];
    for (let use = 0; use < 4; use += 1) {
      const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
      pids.push(rows[0]?.pid);
    }
    expect(new Set(pids).size).toBe(2);
    expect(pids[0]).toBe(pids[1]);
  });

  it("replaces a connection after maxLifetimeSeconds", async () => {
    await using pool = open({ max: 1, maxLifetimeSeconds: 1 });
    const removed = once(pool, "remove");
    await pool.query("select 1");
    await removed;
    await pool.query("select 1");
  });

  it("serves more callers at once than it has connections", async () => {
    await using pool = open({ max: 3 });
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, n) => pool.query<{ n: number }>("select $1::int as n", [n])),
    );
    expect(results.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(pool.totalCount).toBeLessThanOrEqual(3);
  });
});

describe("events", () => {
  it("come in pg's order", async () => {
    await using pool = open({ max: 1 });
    const heard: string[] = [];
    for (const name of ["connect", "acquire", "release", "remove"] as const) {
      pool.on(name as "connect", () => heard.push(name));
    }
    const client = await pool.connect();
    client.release();
    await pool.query("select 1");
    await pool.end();
    expect(heard).toEqual(["connect", "acquire", "release", "acquire", "release", "remove"]);
  });

  it("keep what a listener of connect has set, whatever a holder does", async () => {
    await using pool = open({ max: 1 });
    pool.on("connect", (client) => {
      void client.query("set application_name = 'mine'").then(() => client.query("set lock_timeout = 777"));
    });
    const read = "select current_setting('application_name') as name, current_setting('lock_timeout') as lock";
    expect((await pool.query(read)).rows).toEqual([{ name: "mine", lock: "777ms" }]);
    const client = await pool.connect();
    await client.query("set application_name = 'yours'");
    client.release();
    expect((await pool.query(read)).rows).toEqual([{ name: "mine", lock: "777ms" }]);
  });

  it("tell of an idle connection that is lost, and do not end the process when nobody listens", async () => {
    await using pool = open({ max: 1 });
    await using other = open({ max: 1 });
    const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
    const removed = new Promise((resolve) => pool.once("remove", resolve)); // events.once would listen to errors as well
    await other.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await removed;
    const second = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
    const failed = once(pool, "error");
    await other.query("select pg_terminate_backend($1)", [second.rows[0]?.pid]);
    const [error, client] = (await failed) as [Error & { client: unknown }, pg.PoolClient];
    expect(error).toBeInstanceOf(Error);
    expect(error.client).toBe(client);
    expect(client).toBeInstanceOf(pg.Client);
  });

  it("verify refuses a connection, and its reason is the caller's", async () => {
    let verified = 0;
    await using pool = open({
      verify: (_client, done) => {
        verified += 1;
        done(verified < 10 ? new Error("not fit") : undefined);
      },
    });
    await expect(pool.query("select 1")).rejects.toThrow("not fit");
    verified = 10;
    // Refused three times in a row, the pool tries again by itself before it lets callers in.
    await expect.poll(() => pool.query("select 1 as one").catch(() => undefined)).toMatchObject({ rows: [{ one: 1 }] });
  });

  it("onConnect that never ends is given up with its connect, and its connection closed", async () => {
    const application_name = "never";
    await using pool = open({ application_name, connectionTimeoutMillis: 300, onConnect: () => new Promise(() => {}) });
    await expect(pool.query("select 1")).rejects.toThrow();
    const left = (): Promise<unknown> =>
      server.sql(`select pid from pg_stat_activity where application_name = '${application_name}'`);
    await pool.end();
    await expect.poll(left).toEqual([]);
  });

  it("onConnect is done before anybody gets the connection", async () => {
    await using pool = open({
      onConnect: async (client) => {
        await client.query("set search_path = pg_catalog");
      },
    });
    expect((await pool.query("show search_path")).rows).toEqual([{ search_path: "pg_catalog" }]);
  });
});

describe("end", () => {
  it("refuses those who come later, and itself", async () => {
    const pool = open();
    await pool.query("select 1");
    const ending = pool.end();
    await expect(pool.connect()).rejects.toThrow("Cannot use a pool after calling end on the pool");
    await expect(pool.query("select 1")).rejects.toThrow("Cannot use a pool after calling end on the pool");
    await expect(pool.end()).rejects.toThrow("Called end on pool more than once");
    await ending;
    expect([pool.ending, pool.ended, pool.totalCount]).toEqual([true, true, 0]);
  });

  it("lets those finish who came before", async () => {
    const pool = open({ max: 1 });
    const queries = [1, 2, 3].map((n) => pool.query<{ n: number }>("select $1::int as n", [n]));
    const ended = new Promise<void>((resolve) => pool.end(resolve));
    expect((await Promise.all(queries)).map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
    await ended;
  });
});

describe("connecting", () => {
  it("rejects with the server's reason", async () => {
    const url = new URL(server.url);
    url.pathname = "/there_is_no_such_database";
    await using pool = new Pool({ connectionString: url.href });
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "3D000" });
  });

  it("rejects with the system's reason", async () => {
    await using pool = new Pool({ host: "127.0.0.1", port: 1, user: "nobody", database: "none" });
    await expect(pool.connect()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("reads PG* variables as pg does", async () => {
    const url = new URL(server.url);
    const variables = {
      PGHOST: url.hostname,
      PGPORT: url.port,
      PGUSER: decodeURIComponent(url.username),
      PGPASSWORD: decodeURIComponent(url.password),
      PGDATABASE: url.pathname.slice(1),
      PGAPPNAME: "from the environment",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    await using pool = new Pool();
    const { rows } = await pool.query("select current_setting('application_name') as name");
    expect(rows).toEqual([{ name: "from the environment" }]);
  });

  it("sends the settings of a config", async () => {
    await using pool = open({
      statement_timeout: 4_321,
      lock_timeout: 1_234,
      idle_in_transaction_session_timeout: 5_432,
      application_name: "mine",
      options: "-c work_mem=5MB",
    });
    const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "work_mem"];
    const { rows } = await pool.query({
      text: `select ${names.map((name) => `current_setting('${name}')`).join(", ")}, current_setting('application_name')`,
      rowMode: "array",
    });
    expect(rows[0]).toEqual(["4321ms", "1234ms", "5432ms", "5MB", "mine"]);
  });

  it("asks a function for the password", async () => {
    const url = new URL(server.url);
    const password = decodeURIComponent(url.password);
    url.password = "";
    await using pool = new Pool({ connectionString: url.href, password: () => Promise.resolve(password) });
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("refuses what it cannot do", () => {
    expect(() => new Pool({ pipeline: true, stream: () => undefined })).toThrow(/pipeline is not supported.*|stream/s);
  });
});

function pidOf(client: pg.PoolClient): unknown {
  return Reflect.get(client, "processID");
}

function plain(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(plain);
  const { command, rowCount, oid, rows, fields } = result as pg.QueryResult;
  return {
    command,
    rowCount,
    oid,
    rows: rows as unknown,
    fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
  };
}
