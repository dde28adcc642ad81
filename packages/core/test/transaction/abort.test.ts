import { expect, test } from "vitest";
import { ManualClock, settle } from "../support/manual-clock.js";
import type { SqlClient, Transaction } from "../../src/transaction/index.js";
import { hangUntilAborted } from "../support/fake-backend.js";
import { watch } from "../support/pool.js";
import { clientOf, FakeDatabase, type Connection } from "./fake-database.js";

function setUp() {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const client = clientOf(database, { maxSize: 1, keepAliveInterval: "never", idleTimeout: "never" }, { clock });
  const controller = new AbortController();
  return { database, clock, client, controller, signal: controller.signal };
}

test("an aborted transaction is rolled back at once, also while its work waits for something else", async () => {
  const { database, client, controller, signal } = setUp();
  let late: Promise<unknown> | undefined;
  const work = Promise.withResolvers<undefined>();
  const running = client.transaction(
    async (tx) => {
      await tx.query("INSERT", ["t", "a"]);
      await work.promise;
      late = tx.query("INSERT", ["t", "late"]);
      await late;
    },
    { signal },
  );
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  controller.abort("stop");
  await failed;
  expect(client.pool.stats.leased).toBe(0);
  work.resolve(undefined);
  await settle();
  await expect(late).rejects.toMatchObject({ code: "TRANSACTION_ENDED", cause: "stop" });
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
});

test("an abort cancels the statement that runs, and lets those behind it not start", async () => {
  const { database, client, controller, signal } = setUp();
  database.fault = (text) => (text === "INSERT" ? "hang" : undefined);
  const running = client.transaction(
    (tx) => Promise.all([tx.query("INSERT", ["t", "a"]), tx.query("INSERT", ["t", "b"])]),
    { signal },
  );
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  controller.abort("stop");
  await failed;
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
  expect(client.pool.stats.totals.released).toBe(1);
});

test("an abort inside a savepoint rolls back the whole transaction without touching the savepoint", async () => {
  const { database, client, controller, signal } = setUp();
  const running = client.transaction(
    (tx) =>
      tx.transaction(async (inner) => {
        await inner.query("INSERT", ["s", "a"]);
        controller.abort("stop");
        await inner.query("INSERT", ["s", "b"]);
      }),
    { signal },
  );
  await expect(running).rejects.toBe("stop");
  await settle();
  expect(database.log).toEqual(["BEGIN", 'SAVEPOINT "pool_savepoint_1"', "INSERT s a", "ROLLBACK"]);
});

test("a signal that has aborted before borrows nothing and calls nobody", async () => {
  const { database, client } = setUp();
  let called = false;
  const work = async (): Promise<void> => {
    called = true;
  };
  await expect(client.transaction(work, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  expect(called).toBe(false);
  expect(database.connections).toEqual([]);
});

test("an abort during the wait for a connection ends the wait", async () => {
  const { client, controller, signal } = setUp();
  const lease = await client.acquire();
  const running = client.transaction(async () => undefined, { signal });
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  controller.abort("stop");
  await failed;
  expect(client.pool.stats.waiting).toBe(0);
  lease.release();
});

test("an abort during BEGIN rolls back what may have begun", async () => {
  const { database, client, controller, signal } = setUp();
  database.fault = (text) => (text === "BEGIN" ? "too late" : undefined);
  const running = client.transaction(async () => undefined, { signal });
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  controller.abort("stop");
  await failed;
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
  expect(client.pool.stats.totals).toMatchObject({ released: 1, openTransactions: 0 });
});

test("an abort after COMMIT was sent has no effect", async () => {
  const { database, client, controller, signal } = setUp();
  database.latency = settle;
  const running = client.transaction(async (tx) => await tx.query("INSERT", ["t", "a"]), { signal });
  while (database.log.at(-1) !== "COMMIT") await settle();
  controller.abort("too late");
  await expect(running).resolves.toMatchObject({ rowCount: 1 });
  expect(database.committed).toEqual(["a"]);
});

test("a failing rollback is not noted on a signal's reason, which others share", async () => {
  const { database, client, controller, signal } = setUp();
  database.fault = (text) => (text === "ROLLBACK" ? "refused" : undefined);
  const reason = new Error("shut down");
  const running = client.transaction(() => new Promise<never>(() => undefined), { signal });
  const failed = expect(running).rejects.toBe(reason);
  await settle();
  controller.abort(reason);
  await failed;
  expect(Object.keys(reason)).toEqual([]);
  expect(client.pool.stats.totals.destroyed).toBe(1);
});

test("an aborted statement of its own leaves the rest of the transaction to go on", async () => {
  const { database, client, controller, signal } = setUp();
  database.fault = (text) => (text === "SELECT" ? "hang" : undefined);
  const running = client.transaction(async (tx: Transaction) => {
    const reading = tx.query("SELECT", ["t"], { signal });
    const failed = expect(reading).rejects.toBe("enough");
    await settle();
    controller.abort("enough");
    await failed;
    await tx.query("INSERT", ["t", "a"]);
  });
  await running;
  expect(database.committed).toEqual(["a"]);
});

test("a statement that is aborted while it waits for its turn never runs, and does not let the next one overtake", async () => {
  const { database, client, controller, signal } = setUp();
  database.latency = settle;
  await client.transaction(async (tx) => {
    const first = tx.query("INSERT", ["t", "a"]);
    const second = tx.query("INSERT", ["t", "b"], { signal });
    const third = tx.query("INSERT", ["t", "c"]);
    controller.abort("not that one");
    await expect(second).rejects.toBe("not that one");
    await Promise.all([first, third]);
  });
  expect(database.committed).toEqual(["a", "c"]);
  expect(database.violations).toEqual([]);
});

test("an abort in the first part of a use reaches its work", async () => {
  const { client, controller, signal } = setUp();
  const work = (_: Connection, { signal: own }: { signal: AbortSignal }): Promise<never> => {
    controller.abort("at once");
    return hangUntilAborted(own);
  };
  const outcome = watch(client.use("COPY", work, { signal }));
  await settle();
  expect(outcome).toEqual({ state: "rejected", error: "at once" });
});

test.each<[string, (client: SqlClient<Connection>, signal: AbortSignal) => Promise<unknown>]>([
  ["a statement", (client, signal) => client.query("SELECT", ["auto"], { signal })],
  ["one of a session", (client, signal) => client.session((session) => session.query("SELECT", ["auto"], { signal }))],
  ["one of a transaction", (client, signal) => client.transaction((tx) => tx.query("SELECT", ["t"]), { signal })],
])("an abort while %s is being sent is heard", async (_what, run) => {
  const { database, client, controller, signal } = setUp();
  database.fault = (text) => (text === "SELECT" ? "hang" : undefined);
  database.latency = async () => {
    if (database.log.at(-1)?.startsWith("SELECT") === true) controller.abort("at once");
  };
  const outcome = watch(run(client, signal));
  await settle();
  expect(outcome).toEqual({ state: "rejected", error: "at once" });
});
