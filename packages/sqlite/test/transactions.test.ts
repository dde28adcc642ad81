import { moment } from "@pool/core";
import { expect, onTestFinished, test } from "vitest";
import {
  eventually,
  failureOf,
  HEAVY,
  lockHolder,
  openDatabase,
  otherProgram,
  sleep,
  withProducts,
} from "./support.js";

const stockOf = (id: number): readonly [string, readonly unknown[]] => ["select stock from product where id = ?", [id]];

test("commits what its work has done, and rolls back when it throws", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 3);
  const result = await client.transaction(async (tx) => {
    await tx.query("update product set stock = 50 where id = 1");
    expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 1 }]);
    return "done";
  });
  expect(result).toBe("done");
  const failure = new Error("changed my mind");
  const failed = client.transaction(async (tx) => {
    await tx.query("update product set stock = 60 where id = 1");
    throw failure;
  });
  await expect(failed).rejects.toBe(failure);
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 50 }]);
});

test.each(["deferred", "immediate", "exclusive"])("begins %s when told to", async (mode) => {
  const { client, file } = await openDatabase();
  await withProducts(client, 3);
  await client.transaction(
    async (tx) => {
      await tx.query("select * from product");
      // Whether another program could begin to write now tells which lock it holds.
      const probe = await otherProgram(
        `const db = new Database(process.argv[1], { timeout: 0 });
         try { db.exec("begin immediate; rollback"); console.log("free"); } catch { console.log("locked"); process.exitCode = 3; }`,
        file,
      );
      await eventually(() => probe.exitCode !== null);
      expect(probe.exitCode).toBe(mode === "deferred" ? 0 : 3);
    },
    { mode },
  );
});

test("refuses a mode that it does not know, and one that contradicts readOnly", async () => {
  const { client } = await openDatabase({ readers: 1 });
  for (const options of [{ mode: "fast" }, { mode: "immediate", readOnly: true }]) {
    expect(await failureOf(client.transaction(async () => 1, options))).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(client.pools.writer.stats.totals.acquired).toBe(0);
});

test("is serializable, whichever level is asked for", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 1);
  for (const isolation of ["read uncommitted", "read committed", "repeatable read", "serializable"] as const) {
    await client.transaction((tx) => tx.query("update product set stock = stock + 1"), { isolation });
  }
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 5 }]);
});

test("reads one state in a read-only transaction, while others write", async () => {
  const { client } = await openDatabase();
  await withProducts(client, 3);
  await client.transaction(
    async (tx) => {
      const before = (await tx.query("select sum(stock) as n from product")).rows;
      await client.query("update product set stock = stock + 100");
      expect((await tx.query("select sum(stock) as n from product")).rows).toEqual(before);
      expect(await failureOf(tx.query("delete from product"))).toMatchObject({ code: "DATABASE_READONLY" });
    },
    { readOnly: true },
  );
  expect((await client.query("select sum(stock) as n from product")).rows).toEqual([{ n: 306 }]);
});

test("undoes an inner transaction alone", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  await client.transaction(async (tx) => {
    await tx.query("update product set stock = 10 where id = 1");
    const inner = tx.transaction(async (savepoint) => {
      await savepoint.query("update product set stock = 20 where id = 2");
      await savepoint.query("update product set stock = -1 where id = 3");
    });
    expect(await failureOf(inner)).toMatchObject({ code: "CONSTRAINT_FAILED" });
  });
  expect((await client.query("select stock from product order by id")).rows).toEqual([
    { stock: 10 },
    { stock: 2 },
    { stock: 3 },
  ]);
});

test("runs a batch as a whole", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  const results = await client.batch([
    { text: "update product set stock = 9 where id = ?", values: [1] },
    { text: "select stock from product where id = ?", values: [1] },
  ]);
  expect(results).toMatchObject([{ rowCount: 1 }, { rows: [{ stock: 9 }] }]);
  const failing = client.batch([
    { text: "update product set stock = 8 where id = 1" },
    { text: "insert into product (id, name, stock) values (1, 'again', 1)" },
  ]);
  expect(await failureOf(failing)).toMatchObject({ code: "CONSTRAINT_FAILED" });
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 9 }]);
  expect(await client.batch([])).toEqual([]);
});

test("a deferred batch waits for a lock as any other, and says which statement has waited in vain", async () => {
  const { client, file } = await openDatabase({ busyTimeout: 1_000 });
  await withProducts(client, 3);
  const batch = () =>
    client.batch([{ text: "select count(*) as n from product" }, { text: "update product set stock = 9" }], {
      mode: "deferred",
    });
  const other = await lockHolder(file);
  expect(await failureOf(batch())).toMatchObject({
    code: "DATABASE_LOCKED",
    details: { waitedMs: expect.any(Number) as number, statement: 1, sqlite: "SQLITE_BUSY" },
  });
  const waiting = batch();
  setTimeout(() => other.stdin?.write("go\n"), 300);
  expect(await waiting).toMatchObject([{ rows: [{ n: 3 }] }, { rowCount: 3 }]);
});

test("a deferred batch begins anew when somebody else has written after it had read", async () => {
  const { client, file } = await openDatabase();
  await withProducts(client, 3);
  const batch = client.batch(
    [
      { text: "select count(*) as n from product" },
      { text: HEAVY.replace("2000000000", "5000000") },
      { text: "update product set stock = 9" },
    ],
    { mode: "deferred" },
  );
  await sleep(100);
  await otherProgram(
    `new Database(process.argv[1]).exec("delete from product where id = 3"); console.log("done")`,
    file,
  );
  expect(await batch).toMatchObject([{ rows: [{ n: 2 }] }, {}, { rowCount: 2 }]);
});

test("rolls back an open transaction that comes back with its lease", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  const returned: boolean[] = [];
  const listener = (event: unknown): void =>
    void returned.push((event as { openTransaction: boolean }).openTransaction);
  moment("pool:release").subscribe(listener);
  onTestFinished(() => {
    moment("pool:release").unsubscribe(listener);
  });
  const lease = await client.acquire();
  await lease.resource.query("begin immediate");
  await lease.resource.query("update product set stock = 77 where id = 1");
  lease.release();
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 1 }]);
  using next = await client.acquire();
  expect(next.resource.inTransaction).toBe(false);
  expect(returned[0]).toBe(true);
  expect(client.pools.writer.stats.totals).toMatchObject({ openTransactions: 1, closed: 0 });
});

test("takes back what a session has changed on its connection", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 3);
  await client.session(async (session) => {
    await session.query("create temp table product (id)");
    await session.query("create temporary view v as select 1 as one");
    await session.query("pragma foreign_keys = off");
    expect((await session.query("select count(*) as n from product")).rows).toEqual([{ n: 0 }]);
  });
  await client.session(async (session) => {
    expect((await session.query("select count(*) as n from product")).rows).toEqual([{ n: 3 }]);
    expect((await session.query("pragma foreign_keys")).rows).toEqual([{ foreign_keys: 1 }]);
    expect(await failureOf(session.query("select * from v"))).toMatchObject({ code: "STATEMENT_FAILED" });
  });
  expect(client.pools.writer.stats.totals.closed).toBe(0);
});

test("says exhausted when the writer is lent, with who holds it, and recovers", async () => {
  const { client } = await openDatabase({ readers: 1, acquireTimeout: 100 });
  await client.query("create table t (a)");
  const lease = await client.acquire({ label: "import" });
  await lease.resource.query("insert into t values (1)");
  const [session, statement] = await Promise.all([
    failureOf(client.session(async () => 1)),
    failureOf(client.query("insert into t values (2)")),
  ]);
  for (const error of [session, statement]) {
    expect(error).toMatchObject({ code: "ACQUIRE_TIMEOUT", details: { holders: [{ label: "import" }] } });
  }
  expect((await client.query("select a from t")).rows).toEqual([{ a: 1 }]);
  lease.release();
  expect(await client.query("insert into t values (3)")).toMatchObject({ rowCount: 1 });
});

test("refuses one statement more than may wait", async () => {
  const { client } = await openDatabase({ readers: 1, maxQueued: 5 });
  await client.query("create table t (a)");
  const lease = await client.acquire();
  const waiting = Array.from({ length: 5 }, (_, at) => client.query("insert into t values (?)", [at]));
  expect(await failureOf(client.query("insert into t values (9)"))).toMatchObject({ code: "QUEUE_FULL" });
  lease.release();
  expect(await Promise.all(waiting)).toHaveLength(5);
});

test("sees at once that a write on the client would wait for the transaction around it", async () => {
  const { client } = await openDatabase({ readers: 1 });
  await withProducts(client, 1);
  const nested = client.transaction(async (tx) => {
    await tx.query("update product set stock = 2");
    expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 1 }]);
    await client.query("update product set stock = 3");
  });
  expect(await failureOf(nested)).toMatchObject({ code: "SELF_DEADLOCK" });
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 1 }]);
});

test("runs a transaction again that found the file locked", async () => {
  const { client, file } = await openDatabase({ readers: 1, busyTimeout: 50 });
  await withProducts(client, 1);
  const other = await lockHolder(file);
  let attempts = 0;
  const begun = client.transaction(
    async (tx) => {
      attempts++;
      await tx.query("update product set stock = 5");
    },
    { retries: 20 },
  );
  setTimeout(() => other.stdin?.write("go\n"), 200);
  await begun;
  expect(attempts).toBe(1); // the earlier ones did not come past BEGIN
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 5 }]);
});

test("tells a transaction that comes too late to write, and runs it again when asked", async () => {
  const { client, file } = await openDatabase({ readers: 1 });
  await withProducts(client, 1);
  const run = (retries: number) => {
    let attempts = 0;
    return client.transaction(
      async (tx) => {
        const [row] = (await tx.query<{ stock: number }>("select stock from product")).rows;
        if (attempts++ === 0) {
          const other = await otherProgram(
            `new Database(process.argv[1]).exec("update product set stock = stock + 10"); console.log("done")`,
            file,
          );
          await eventually(() => other.exitCode !== null);
        }
        await tx.query("update product set stock = ?", [Number(row?.stock) + 1]);
      },
      { mode: "deferred", retries },
    );
  };
  expect(await failureOf(run(0))).toMatchObject({
    code: "SERIALIZATION_FAILURE",
    details: { sqlite: "SQLITE_BUSY_SNAPSHOT" },
  });
  await run(3);
  expect((await client.query(...stockOf(1))).rows).toEqual([{ stock: 22 }]);
});
