import { type ErrorClass } from "@pool/core";
import { sharedPostgres, startPostgres } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { postgres, type PostgresClient, type PostgresOptions } from "../src/index.js";

const server = await sharedPostgres();
afterAll(() => server[Symbol.asyncDispose]());

const db = await postgres({ url: server.url, maxSize: 4 }).connect();
afterAll(() => db.disconnect());

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => Promise.reject(new Error("it was expected to reject")),
    (error: unknown) => error,
  );

test.each<[string, ErrorClass, (client: PostgresClient) => Promise<unknown>]>([
  [
    "a key that is there already",
    "constraint",
    (c) => c.query("with x as (select 1) insert into classified values (1)"),
  ],
  ["a value that is none", "constraint", (c) => c.query("select 'x'::int")],
  ["what a function raises", "constraint", (c) => c.query("do $$ begin raise exception 'no'; end $$")],
  ["a typing error", "syntax", (c) => c.query("selec 1")],
  ["an unknown table", "syntax", (c) => c.query("select * from nowhere")],
  [
    "a privilege that is missing",
    "auth",
    (c) =>
      c.session(async (s) => {
        await s.query("set role pg_monitor");
        await s.query("select * from classified");
      }),
  ],
  [
    "the server's time limit",
    "timeout",
    (c) =>
      c.transaction(async (tx) => {
        await tx.query("set local statement_timeout = 20");
        await tx.query("select pg_sleep(30)");
      }),
  ],
  ["our time limit", "timeout", (c) => c.query("select pg_sleep(30)", [], { timeout: 20 })],
  [
    "a lock that is held",
    "transient",
    (c) =>
      c.transaction(async (tx) => {
        await tx.query("select * from classified for update");
        await c.query("select * from classified for update nowait");
      }),
  ],
  [
    "a deadlock",
    "transient",
    async (c) => {
      const lock = async (first: number, then: number): Promise<unknown> =>
        await c.transaction(async (tx) => {
          await tx.query("select pg_advisory_xact_lock($1)", [first]);
          arrived.push(undefined);
          while (arrived.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
          await tx.query("select pg_advisory_xact_lock($1)", [then]);
        });
      const arrived: unknown[] = [];
      await Promise.all([lock(1, 2), lock(2, 1)]);
    },
  ],
  ["a connection that is killed", "connection", (c) => c.query("select pg_terminate_backend(pg_backend_pid())")],
])("%s is %s", async (_, expected, work) => {
  await db.client.query("create table if not exists classified (id int primary key)");
  await db.client.query("insert into classified values (1) on conflict do nothing");
  expect(db.classify?.(await failureOf(work(db.client)))).toBe(expected);
});

test("a connect tells why it failed: nobody there, another password, no room, starting or stopping", async () => {
  const classOf = async (url: string | URL, options = {}): Promise<ErrorClass | undefined> => {
    await using connector = postgres({ url: String(url), connectTimeout: 5_000, ...options });
    return connector.classify?.(await failureOf(connector.connect()));
  };
  const url = new URL(server.url);
  url.port = "1";
  expect(await classOf(url)).toBe("connection");
  url.port = new URL(server.url).port;
  url.password = "another";
  expect(await classOf(url)).toBe("auth");
  const nowhere = new URL(server.url);
  nowhere.pathname = "/nowhere";
  expect(await classOf(nowhere)).toBe("syntax");
});

test("a connect that the server refuses has its code: ACCESS_DENIED where it is about who connects", async () => {
  const { host, port, user, password, database } = server;
  const failure = async (options: PostgresOptions): Promise<unknown> => {
    await using connector = postgres({ host, port, user, password, database, ...options });
    const error = await failureOf(connector.connect());
    expect(await failureOf(connector.connect())).toMatchObject({ code: (error as { code: string }).code });
    return error;
  };
  const denied = { code: "ACCESS_DENIED", details: { sqlstate: "28P01" }, cause: { code: "28P01" } };
  const wrong = await failure({ password: "another" });
  expect(wrong).toMatchObject(denied);
  expect((wrong as Error).message).toMatch(
    /^postgres "postgres": host .*: authentication failed: password .* \(28P01\)$/,
  );
  const asked: boolean[] = [];
  const provide = ({ refresh }: { readonly refresh: boolean }): string => {
    asked.push(refresh);
    return "another";
  };
  expect(await failure({ password: provide })).toMatchObject(denied);
  expect(asked.slice(0, 2)).toEqual([false, true]);
  expect(await failure({ database: "nowhere" })).toMatchObject({
    code: "CONNECT_FAILED",
    details: { sqlstate: "3D000" },
  });
  expect(await failure({ port: 1 })).toMatchObject({ code: "CONNECT_FAILED", details: {} });
});

test("a server without room for another connection is overload, and one that has died connection", async () => {
  await using own = await startPostgres({
    own: true,
    settings: { max_connections: "5", superuser_reserved_connections: "0" },
  });
  await using first = await postgres({ url: own.url, maxSize: 5, minIdle: 5 }).connect();
  await first.client.pools.primary.warm(5);
  const second = postgres({ url: own.url });
  expect(second.classify?.(await failureOf(second.connect()))).toBe("overload");
  await own.kill();
  expect(first.classify?.(await failureOf(first.client.query("select 1")))).toBe("connection");
});
