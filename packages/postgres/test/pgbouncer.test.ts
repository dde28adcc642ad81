import { startPgBouncer, startPostgres } from "@pool/testing";
import Cursor from "pg-cursor";
import { afterAll, expect, test } from "vitest";
import { postgres } from "../src/index.js";

const server = await startPostgres({ own: true });
const bouncer = await startPgBouncer({ server, poolMode: "transaction", settings: { default_pool_size: 3 } });
afterAll(async () => {
  await bouncer[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const connected = () => postgres({ url: bouncer.url, poolMode: "transaction", maxSize: 8 }).connect();

test("many connections work over few of the server's, with values, transactions and streams", async () => {
  await using db = await connected();
  await db.client.query("create table counter (id int primary key, n int)");
  await db.client.query("insert into counter values (1, 0)");
  const work = Array.from({ length: 60 }, (_, i) =>
    i % 3 === 0
      ? db.client.transaction(async (tx) => {
          await tx.query("update counter set n = n + $1 where id = 1", [1]);
          await tx.transaction((inner) => inner.query("update counter set n = n + 0 where id = $1", [1]));
        })
      : db.client.query("select $1::int + n as n from counter where id = $2", [i, 1]),
  );
  await Promise.all(work);
  expect((await db.client.query("select n from counter")).rows).toEqual([{ n: 20 }]);
  let rows = 0;
  for await (const _ of db.client.stream("select generate_series(1, $1::int)", [500])) rows++;
  expect(rows).toBe(500);
  const shared = await Promise.all(
    Array.from({ length: 40 }, (_, i) => db.client.shared.query<{ n: number }>("select $1::int as n", [i])),
  );
  expect(shared.map((result) => result.rows[0]?.n)).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

test("a cancelled statement is cancelled behind it, and its connection goes on", async () => {
  await using db = await connected();
  const slow = db.client.query("select pg_sleep(30)", [], { timeout: 100 });
  await expect(slow).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  const running = await server.sql(
    "select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'",
  );
  expect(running[0]?.count).toBe("0");
  expect((await db.client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  expect(db.client.pool.stats.totals.destroyed).toBe(0);
});

test("an open transaction is rolled back at the return, and the health of both is seen", async () => {
  await using db = await connected();
  await db.client.query("create table if not exists left_open (id int)");
  const lease = await db.client.acquire();
  await lease.resource.run({ text: "begin" });
  await lease.resource.run({ text: "insert into left_open values (1)" });
  lease.release();
  await expect.poll(() => db.client.pool.stats.idle).toBeGreaterThan(0);
  expect((await db.client.query("select * from left_open")).rows).toEqual([]);
  expect(db.client.pool.stats.totals.openTransactions).toBe(1);
  expect(await db.healthCheck()).toMatchObject({ healthy: true });
});

test("what needs a session is refused by name", async () => {
  await using db = await connected();
  await expect(db.client.listen("a", () => undefined)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(() => postgres({ url: bouncer.url, poolMode: "transaction", settings: { work_mem: "1MB" } })).toThrow(
    "work_mem",
  );
});

test("what would stay in a session that others get next is refused before it is sent", async () => {
  await using db = await connected();
  const refused = [
    "set work_mem = '9MB'",
    "select set_config('work_mem', $1, false)",
    "update pg_settings set setting = $1 where name = 'work_mem'",
    "create temp table t (n int)",
    "select pg_advisory_lock($1)",
    "prepare p as select 1",
    "declare c cursor with hold for select 1",
    "listen a",
  ];
  const code = "INVALID_ARGUMENT";
  const pool = db.client.pgPool();
  for (const text of refused) {
    await expect(db.client.query(text), text).rejects.toMatchObject({ code });
    await expect(
      db.client.transaction((tx) => tx.query(text)),
      text,
    ).rejects.toMatchObject({ code });
    await expect(db.client.stream(text).next(), text).rejects.toMatchObject({ code });
    await expect(pool.query(text), text).rejects.toMatchObject({ code });
    await expect(pool.query(new Cursor(text)).read(1), text).rejects.toMatchObject({ code });
  }
  expect(db.client.pool.stats.leased).toBe(0);
  const inside = await db.client.transaction(async (tx) => {
    await tx.query("set local work_mem = '9MB'");
    await tx.query("select set_config('lock_timeout', '1s', true), pg_advisory_xact_lock(1)");
    await tx.query("create temp table t (n int) on commit drop");
    await tx.query("do $$ begin perform 1; end $$");
    return (await tx.query("select current_setting('work_mem') as work_mem")).rows;
  });
  expect(inside).toEqual([{ work_mem: "9MB" }]);
  const { rows } = await db.client.query("select current_setting('work_mem') as work_mem");
  expect(rows).not.toEqual(inside);
  const settings = { url: bouncer.url, poolMode: "transaction", reset: "rollback", maxSize: 1 } as const;
  await using knowing = await postgres(settings).connect(); // who says so answers for it
  await knowing.client.query("set application_name = 'x'; reset application_name");
});

test("a PgBouncer that nobody was told of costs errors and never runs another statement", async () => {
  await using db = await postgres({ url: bouncer.url, maxSize: 6 }).connect();
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) => db.client.query<{ n: number }>(`select $1::int + ${i % 5} as n`, [i])),
  );
  answers.forEach((answer, i) => {
    if (answer.status === "fulfilled") expect(answer.value.rows).toEqual([{ n: i + (i % 5) }]);
  });
});

test("a server behind it that takes no writes any more is noticed by its refusal, and every connection is replaced", async () => {
  await using db = await postgres({
    url: bouncer.url,
    poolMode: "transaction",
    targetSessionAttrs: "read-write",
    maxSize: 3,
    acquireTimeout: 1_000,
  }).connect();
  await db.client.pool.warm(3);
  await db.client.query("create table if not exists written (id int)");
  const refusedByTransaction = db.client.transaction((tx) => tx.query("insert into written values (0)"), {
    readOnly: true,
  });
  await expect(refusedByTransaction).rejects.toMatchObject({ code: "READ_ONLY" });
  await expect.poll(() => db.client.pool.stats.idle).toBe(3);
  expect(db.client.pool.stats.totals.closed).toBe(0);

  await server.sql(`alter database ${server.database} set default_transaction_read_only = on`);
  await bouncer.console("RECONNECT");
  try {
    await expect.poll(() => db.client.query("insert into written values (1)").catch(codeOf)).toBe("READ_ONLY");
    await expect.poll(() => db.client.pool.stats.totals.closedBy.evicted).toBe(3);
    await expect(db.client.query("insert into written values (1)")).rejects.not.toMatchObject({ code: "READ_ONLY" });
  } finally {
    await server.sql(
      `begin; set transaction read write; alter database ${server.database} reset default_transaction_read_only; commit`,
    );
    await bouncer.console("RECONNECT");
  }
  await expect
    .poll(() => db.client.query("insert into written values (2)").then(() => "written", codeOf), {
      timeout: 8_000,
    })
    .toBe("written");
});

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}

test("an error with which the PgBouncer ends the connection is a loss, and a wrong number of values is none", async () => {
  await using other = await startPgBouncer({ server, poolMode: "transaction", settings: { query_timeout: 1 } });
  await using db = await postgres({ url: other.url, poolMode: "transaction", maxSize: 1 }).connect();
  await expect(db.client.query("select $1::int", [1, 2])).rejects.toMatchObject({ code: "STATEMENT_FAILED" });
  expect(db.client.pool.stats.totals).toMatchObject({ created: 1, destroyed: 0 });
  const ended = { code: "RESOURCE_LOST", details: { sqlstate: "08P01" }, cause: { severity: "FATAL" } };
  const lost: unknown = await db.client.query("select pg_sleep(30)").catch((error: unknown) => error);
  expect(lost).toMatchObject(ended);
  expect(db.classify?.(lost)).toBe("connection");
  expect((await db.client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  await expect(db.client.shared.query("select pg_sleep(30)")).rejects.toMatchObject({ code: "RESOURCE_LOST" });
});
