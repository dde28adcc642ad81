import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describeOptions, isPoolError, onEvent } from "@pool/core";
import { faultProxy, sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, expect, expectTypeOf, test } from "vitest";
import {
  postgres,
  type PostgresClient,
  type PostgresConnection,
  type PostgresOptions,
  type PostgresResult,
} from "../src/index.js";

const server: PostgresServer = await sharedPostgres();
afterAll(() => server[Symbol.asyncDispose]());

async function connected(options: PostgresOptions = {}) {
  return await postgres({ url: server.url, maxSize: 4, ...options }).connect();
}

function addressOf(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

const backends = async (name: string): Promise<number> =>
  Number((await server.sql(`select count(*) from pg_stat_activity where application_name = '${name}'`))[0]?.count);

test("rows come with their types, values are bound, and a statement may be one object", async () => {
  await using db = await connected();
  const { rows, rowCount, fields } = await db.client.query<{ n: number; t: string }>(
    "select $1::int as n, $2::text as t",
    [7, "it's; drop table x"],
  );
  expect({ rows, rowCount }).toEqual({ rows: [{ n: 7, t: "it's; drop table x" }], rowCount: 1 });
  expect(fields.map(({ name }) => name)).toEqual(["n", "t"]);
  const arrays = await db.client.query({ text: "select 1 as a, 2 as a", rowMode: "array" });
  expect(arrays.rows).toEqual([[1, 2]]);
  await expect(db.client.query("select 1", [], { rowmode: "array" } as object)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("rowmode") as string,
  });
});

test("what the server refuses is told with a code, the SQLSTATE and the constraint, and without values", async () => {
  await using db = await connected();
  await db.client.query("create table if not exists one (id int primary key, other int not null check (other > 0))");
  await db.client.query("insert into one values (1, 1) on conflict do nothing");
  const failed = (text: string, values?: unknown[]) => db.client.query(text, values).catch((error: unknown) => error);
  expect(await failed("insert into one values ($1, 1)", [1])).toMatchObject({
    code: "CONSTRAINT_FAILED",
    details: { sqlstate: "23505", constraint: "unique", constraintName: "one_pkey", table: "one" },
    cause: { code: "23505" },
  });
  expect(await failed("insert into one values (2, -5)")).toMatchObject({
    code: "CONSTRAINT_FAILED",
    details: { constraint: "check" },
  });
  expect(await failed("insert into one values (3, null)")).toMatchObject({
    details: { constraint: "notnull", column: "other" },
  });
  expect(await failed("selct 1")).toMatchObject({
    code: "STATEMENT_FAILED",
    details: { sqlstate: "42601", position: 1 },
  });
  expect(await failed("select 1/0")).toMatchObject({ code: "STATEMENT_FAILED", details: { sqlstate: "22012" } });
  expect(db.client.pool.stats).toMatchObject({ size: 1, totals: { destroyed: 0 } });
});

test("the server's own statement_timeout, a lock timeout and a cancel by somebody else have codes of their own", async () => {
  await using db = await connected({ settings: { statement_timeout: "100ms" } });
  await expect(db.client.query("select pg_sleep(20)")).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  await using other = await connected();
  await db.client.query("create table if not exists locked (id int)");
  await other.client.transaction(async (tx) => {
    await tx.query("lock table locked in access exclusive mode");
    await expect(
      db.client.transaction(async (inner) => {
        await inner.query("set local lock_timeout = '20ms'");
        await inner.query("select * from locked");
      }),
    ).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
  });
  const slow = other.client.session(async (session) => {
    const { rows } = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
    setTimeout(() => void server.sql(`select pg_cancel_backend(${rows[0]?.pid})`), 50);
    await session.query("select pg_sleep(20)");
  });
  await expect(slow).rejects.toMatchObject({ code: "STATEMENT_CANCELLED" });
});

test("begin takes what PostgreSQL knows, and refuses what would have no effect", async () => {
  await using db = await connected();
  const asked = (options: object) =>
    db.client.transaction(async (tx) => {
      const { rows } = await tx.query<Record<string, string>>(
        "select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as ro, current_setting('transaction_deferrable') as def",
      );
      return rows[0];
    }, options);
  expect(await asked({ isolation: "serializable", readOnly: true, mode: "deferrable" })).toEqual({
    level: "serializable",
    ro: "on",
    def: "on",
  });
  expect(await asked({ isolation: "repeatable read" })).toEqual({ level: "repeatable read", ro: "off", def: "off" });
  await expect(asked({ mode: "deferrable" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(asked({ mode: "exclusive" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("a transaction whose statement failed and was caught rejects at its COMMIT, since the server rolled it back", async () => {
  await using db = await connected();
  await db.client.query("create table if not exists kept (id int)");
  const transaction = db.client.transaction(async (tx) => {
    await tx.query("insert into kept values (1)");
    await tx.query("select 1/0").catch(() => undefined);
  });
  await expect(transaction).rejects.toSatisfy((error) => isPoolError(error));
  expect((await db.client.query("select * from kept")).rows).toEqual([]);
});

test("what ends a session or transaction inside the loop of its stream ends the stream, and costs no connection", async () => {
  await using db = await connected({ maxSize: 1 });
  const rows = "select generate_series(1, 1000) as n";
  await db.client.session(async (session) => {
    await session.begin();
    for await (const _ of session.stream(rows, [], { batch: 5 })) {
      await expect(session.commit()).rejects.toMatchObject({ code: "SESSION_BUSY" });
      await session.rollback();
      break;
    }
    expect((await session.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await session.begin();
    const reading = async (): Promise<void> => {
      for await (const _ of session.stream(rows, [], { batch: 5 })) await session.rollback();
    };
    await expect(reading()).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  });
  const opened = await db.client.openSession();
  for await (const _ of opened.stream(rows, [], { batch: 5 })) {
    await opened[Symbol.asyncDispose]();
    break;
  }
  const left = db.client.transaction(async (tx) => await tx.stream(rows, [], { batch: 5 }).next());
  await expect(left).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  await db.client.query("select 1");
  expect(db.client.pool.stats).toMatchObject({ leased: 0, size: 1, totals: { destroyed: 0, created: 1 } });
});

test("a transaction's own signal ends a stream and a COPY in it with its reason, and costs no connection", async () => {
  await using db = await connected({ maxSize: 1 });
  await db.client.query("create table if not exists aborted (n int)");
  for (const work of ["stream", "copy"]) {
    const controller = new AbortController();
    const running = db.client.transaction(
      async (tx) => {
        if (work === "stream") {
          for await (const _ of tx.stream("select generate_series(1, 1000000)", [], { batch: 5 }))
            controller.abort(new Error("stop"));
        } else {
          const source = async function* () {
            yield "1\n";
            controller.abort(new Error("stop"));
            await new Promise(() => undefined);
          };
          await tx.copyFrom("copy aborted from stdin", source());
        }
      },
      { signal: controller.signal },
    );
    await expect(running).rejects.toThrow("stop");
  }
  expect((await db.client.query("select * from aborted")).rows).toEqual([]);
  expect(db.client.pool.stats).toMatchObject({ leased: 0, size: 1, totals: { destroyed: 0, created: 1 } });
});

test("a COPY whose source asks the same transaction for something fails with what refuses it", async () => {
  await using db = await connected();
  const copying = db.client.transaction(async (tx) => {
    await tx.query("create temp table copied (n int) on commit drop");
    const source = async function* () {
      yield "1\n";
      await tx.query("select 1");
    };
    await tx.copyFrom("copy copied from stdin", source());
  });
  await expect(copying).rejects.toMatchObject({ code: "SESSION_BUSY" });
  expect(db.client.pool.stats).toMatchObject({ leased: 0, totals: { destroyed: 0 } });
});

test("a statement that times out in a transaction costs no connection when its cancel takes a while", async () => {
  await using proxy = await faultProxy({ target: addressOf(server.url) });
  await using db = await connected({ url: proxy.url(server.url), maxSize: 1, queryTimeout: 2_000 });
  await db.client.query("select 1");
  proxy.latency(60, { direction: "downstream" });
  const slow = db.client.transaction((tx) => tx.query({ text: "select pg_sleep(20)", timeout: 200 }));
  await expect(slow).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  await db.client.query("select 1");
  expect(db.client.pool.stats).toMatchObject({ totals: { created: 1, destroyed: 0 } });
});

test("rows stream through a session, which refuses other statements inside the loop and goes on after it", async () => {
  await using db = await connected();
  await db.client.session(async (session) => {
    const seen: number[] = [];
    for await (const { n } of session.stream<{ n: number }>("select generate_series(1, $1::int) as n", [1_000], {
      batch: 10,
    })) {
      if (n === 1) await expect(session.query("select 1")).rejects.toMatchObject({ code: "SESSION_BUSY" });
      seen.push(n);
      if (n === 25) break;
    }
    expect(seen.at(-1)).toBe(25);
    expect((await session.query("select 2 as two")).rows).toEqual([{ two: 2 }]);
  });
  let count = 0;
  for await (const _ of db.client.stream("select generate_series(1, 1000)")) count++;
  expect(count).toBe(1_000);
  expect(db.client.pool.stats).toMatchObject({ leased: 0, size: 1 });
});

test("who asks a full pool inside the loop over a session's stream is told of the deadlock at once", async () => {
  await using db = await connected({ maxSize: 1 });
  const reading = db.client.session(async (session) => {
    for await (const _ of session.stream("select generate_series(1, 3)")) await db.client.query("select 1");
  });
  await expect(reading).rejects.toMatchObject({ code: "SELF_DEADLOCK" });
  // A loop outside of all tasks runs in a context that is its caller's alone: nobody can tell who waits in it.
  const loop = async (): Promise<void> => {
    for await (const _ of db.client.stream("select generate_series(1, 3)", [], { label: "loop" }))
      await db.client.query("select 1", [], { signal: AbortSignal.timeout(100) });
  };
  await expect(loop()).rejects.toMatchObject({ name: "TimeoutError" });
  expect((await db.client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("a stream that is aborted rejects with the reason, and leaves the connection and the signal as they were", async () => {
  await using db = await connected();
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of db.client.stream("select pg_sleep(0.01), g from generate_series(1, 100000) g", [], {
      signal: controller.signal,
      batch: 1,
    }))
      setTimeout(() => controller.abort(new Error("enough")), 20);
  })();
  await expect(reading).rejects.toThrow("enough");
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  expect((await db.client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  expect(db.client.pool.stats).toMatchObject({ leased: 0 });
});

test("COPY goes in and out, and copies nothing when its source fails", async () => {
  await using db = await connected();
  await db.client.query("create table if not exists copied (id int, t text)");
  const { rowCount } = await db.client.copyFrom("copy copied from stdin", ["1\tone\n", "2\ttwo\n"]);
  expect(rowCount).toBe(2);
  async function* broken() {
    yield "3\tthree\n";
    throw new Error("no more");
  }
  await expect(db.client.copyFrom("copy copied from stdin", broken())).rejects.toThrow("no more");
  expect(db.client.pool.stats.totals).toMatchObject({ destroyed: 0, closed: 0 });
  for (const source of [5, null, {}, new Uint16Array(1)]) {
    await expect(db.client.copyFrom("copy copied from stdin", source as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of db.client.copyTo("copy copied to stdout")) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe("1\tone\n2\ttwo\n");
});

test("labels reach the server as a comment or as application_name, and go with the lease", async () => {
  await using commented = await connected({ labels: "comment" });
  const { rows } = await commented.client.query<{ query: string }>(
    "select query from pg_stat_activity where pid = pg_backend_pid()",
    [],
    { label: "users */ list\n" },
  );
  expect(rows[0]?.query).toMatch(/^\/\* users #\/ list\? \*\/ select query/);
  for (const label of ["/*/ select 1/0; --", "*/ select 1/0; --", "GET /users/*/orders", "**/", "/*", "*/*/"]) {
    expect((await commented.client.query("select 7 as n", [], { label })).rows).toEqual([{ n: 7 }]);
  }
  await using named = await connected({ labels: "applicationName", applicationName: "shop", maxSize: 1 });
  const name = async (label?: string) =>
    (
      await named.client.query<{ n: string }>(
        "select current_setting('application_name') as n",
        [],
        label === undefined ? {} : { label },
      )
    ).rows[0]?.n;
  expect([await name(), await name("report"), await name("report"), await name()]).toEqual([
    "shop",
    "report",
    "report",
    "shop",
  ]);
});

test("the results of a batch have what those of query have", async () => {
  await using db = await connected();
  const [first, second] = await db.client.batch([
    { text: "select $1::int as n", values: [1] },
    { text: "create temp table batched (n int) on commit drop" },
  ]);
  expectTypeOf(first).toEqualTypeOf<PostgresResult | undefined>();
  expect([first?.command, first?.fields[0]?.name, second?.command]).toEqual(["SELECT", "n", "CREATE"]);
});

test("notifications arrive through listen, and shared statements beside the pool", async () => {
  await using db = await connected({ applicationName: "beside" });
  const got: string[] = [];
  const { promise: arrived, resolve } = Promise.withResolvers<undefined>();
  const subscription = await db.client.listen("Orders", (payload) => {
    got.push(payload);
    if (got.length === 2) resolve(undefined);
  });
  await db.client.notify("Orders", "one");
  await db.client.transaction((tx) => tx.query("select pg_notify($1, $2)", ["Orders", "two"]));
  await arrived;
  expect(got).toEqual(["one", "two"]);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => db.client.shared.query<{ n: number }>("select $1::int as n", [n])),
  );
  expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(db.connections).toBe(await backends("beside"));
  await subscription.unlisten();
  await db.disconnect();
  await expect.poll(() => backends("beside")).toBe(0);
});

test("a health check of a pool that is all lent finds the server alive, and opens nothing more", async () => {
  await using db = await connected({ maxSize: 2, applicationName: "busy" });
  const leases = await Promise.all([db.client.acquire(), db.client.acquire()]);
  const health = await db.healthCheck();
  expect(health).toMatchObject({ healthy: true, details: { busy: true } });
  expect(await backends("busy")).toBe(2);
  for (const lease of leases) lease.release();
  expect(await db.healthCheck()).toMatchObject({ healthy: true, details: { port: server.port, readOnly: false } });
});

test("lazy opens nothing at connect, and the first borrower does", async () => {
  await using db = await connected({ lazy: true, applicationName: "lazy" });
  expect(db.client.pool.stats.size).toBe(0);
  await db.client.query("select 1");
  expect(db.client.pool.stats.size).toBe(1);
});

test("hooks run around each connection, and a veto is told as one", async () => {
  const seen: number[] = [];
  await using db = await connected({ hooks: { afterConnect: (connection) => void seen.push(connection.processId) } });
  const { rows } = await db.client.query("select pg_backend_pid() as pid");
  expect(rows).toEqual([{ pid: seen[0] }]);
  const refusing = postgres({
    url: server.url,
    hooks: {
      afterConnect: () => {
        throw new Error("not this one");
      },
    },
  });
  await expect(refusing.connect()).rejects.toMatchObject({
    message: expect.stringContaining("not this one") as string,
  });
});

test("every wrong option is named, impossible pairs are refused, and nothing shows the password", async () => {
  const wrong = (options: object) => {
    try {
      postgres(options);
    } catch (error) {
      return error as Error;
    }
    throw new Error("nothing was thrown");
  };
  const error = wrong({ maxsize: 3, queryTimeout: "soon", host: "db", password: 5, statementCache: -1 });
  expect(error).toMatchObject({ code: "INVALID_OPTIONS" });
  for (const name of ["maxsize", "queryTimeout", "password", "statementCache"]) expect(error.message).toContain(name);
  expect(wrong({ poolMode: "transaction", labels: "applicationName" }).message).toContain("labels");
  expect(wrong({ poolMode: "transaction", reset: "discard" }).message).toContain("reset");
  expect(wrong({ labels: "applicationName", reset: "none" }).message).toContain("takes the name back");
  expect(wrong({ replicas: { hosts: [] } }).message).toContain("hosts");
  expect(wrong({ replicas: { hosts: ["a"], maxSize: 0 } }).message).toContain("maxSize");
  expect(wrong({ replicas: { hosts: ["a"], maxSize: 3, maxIdle: 4 } }).message).toContain("replicas: maxIdle (4)");
  expect(wrong({ shared: { connections: 9 } }).message).toContain("connections");
  expect(wrong({ hooks: { afterconnect: () => undefined } }).message).toContain("afterconnect");
  expect(wrong({ url: "postgres://u:hidden-word@h/d?sslrootcert=/etc/passwd" }).message).not.toContain("hidden-word");
  const connector = postgres({ url: "postgres://u:hidden-word@h/d", shared: { connections: 2 } });
  const shown = [inspect(connector), JSON.stringify(connector), inspect(connector.config), connector.key].join();
  expect(shown).not.toContain("hidden-word");
});

class Tenant {
  readonly #tenant: number;
  constructor(tenant: number) {
    this.#tenant = tenant;
  }
  async afterConnect(connection: PostgresConnection): Promise<void> {
    await connection.run({ text: `set work_mem = '${this.#tenant}MB'` });
  }
}

class Types {
  getTypeParser(): (value: string) => string {
    return (value) => value;
  }
}

test("keys tell passwords, roles and functions apart, and are equal for equal options", () => {
  const key = (options: PostgresOptions) => postgres({ url: "postgres://u@h/d", ...options }).key;
  const provider = () => "p";
  expect(key({})).toBe(key({}));
  expect(key({ password: provider })).toBe(key({ password: provider }));
  const different = [
    {},
    { password: "a" },
    { password: "b" },
    { password: provider },
    { password: () => "p" },
    { targetSessionAttrs: "primary" as const },
    { sslmode: "require" as const },
    { maxSize: 3 },
    { database: "e" },
    { hooks: new Tenant(1) },
    { hooks: new Tenant(2) },
    { types: new Types() },
    { types: new Types() },
    { ssl: { ca: Buffer.from("a") } },
    { ssl: { ca: Buffer.from("b") } },
  ].map(key);
  expect(new Set(different).size).toBe(different.length);
});

test("the replicas' pool has limits of its own, whatever those of the primary are", async () => {
  const hosts = [`${server.host}:${server.port}`];
  await using large = await connected({ maxSize: 20, maxIdle: 15, minIdle: 1, replicas: { hosts } });
  await using small = await connected({ maxSize: 3, replicas: { hosts, maxSize: 20 } });
  expect(large.client.pools.replica?.stats.maxSize).toBe(10);
  const leases = await Promise.all(Array.from({ length: 12 }, () => small.client.acquire({ readOnly: true })));
  for (const lease of leases) lease.release();
  expect(small.client.pools.replica?.stats).toMatchObject({ maxSize: 20, idle: 12 });
});

test("events name the pool and the statement, and hold no value", async () => {
  await using db = await connected({ name: "seen" });
  const events: unknown[] = [];
  using _ = onEvent("pool:query", (event) => events.push(event));
  await db.client.query("select $1::text as t", ["bound value"], { label: "asks" });
  await db.client.shared.query("select $1::text as t", ["bound value"]);
  expect(inspect(events, { depth: 9 })).not.toContain("bound value");
  expect(inspect(events, { depth: 9 })).toContain("select $1::text as t");
});

test("the pools can be had by name, and the client's type is that of its sessions", async () => {
  await using db = await connected({ name: "typed" });
  const client: PostgresClient = db.client;
  expect(client.pools).toEqual({ primary: client.pool, replica: undefined });
  expect(client.pool.name).toBe("typed");
  const fields = await client.transaction(async (tx) => (await tx.query("select 1 as a")).fields);
  expect(fields[0]?.name).toBe("a");
  expect(describeOptions).toBeTypeOf("function");
});
