import { expect, expectTypeOf, test } from "vitest";
import { createPool } from "../../src/pool/index.js";
import { createSqlClient, type Session, type SqlResult, type Transaction } from "../../src/transaction/index.js";
import { settle } from "../support/manual-clock.js";
import { clientOf, FakeDatabase } from "./fake-database.js";

test("a batch runs its statements in one transaction, and resolves with their results in order", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const results = await client.batch([
    { text: "INSERT", values: ["t", "a"] },
    { text: "SELECT", values: ["t"] },
  ]);
  expect(results.map((result) => result.rowCount)).toEqual([1, 0]);
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "SELECT t", "COMMIT"]);
});

test("a batch stops at the first statement that fails, and leaves nothing behind", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const batch = [{ text: "INSERT", values: ["t", "a"] }, { text: "NONSENSE" }, { text: "INSERT", values: ["t", "b"] }];
  await expect(client.batch(batch)).rejects.toThrow("syntax error: NONSENSE");
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "NONSENSE", "ROLLBACK"]);
});

test("a batch is checked before anything runs, and an empty one borrows nothing", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  expect(await client.batch([])).toEqual([]);
  await expect(client.batch([{ text: "INSERT", values: ["t", "a"] }, { text: "" }])).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(client.batch("INSERT" as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(client.batch([null as never])).rejects.toThrow("batch: statement 0 must be an object, got null");
  expect(database.connections).toEqual([]);
});

test("a sandbox resolves with its work's result and keeps nothing of it", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const result = await client.sandbox(async (tx) => {
    await tx.query("INSERT", ["t", "a"]);
    await tx.transaction((inner) => inner.query("INSERT", ["s", "b"]));
    return "seen";
  });
  expect(result).toBe("seen");
  expect(database.committed).toEqual([]);
  expect(database.log.slice(-2)).toEqual(['RELEASE SAVEPOINT "pool_savepoint_1"', "ROLLBACK"]);
});

test("a sandbox whose work rejects is rolled back and rejects with it", async () => {
  const database = new FakeDatabase();
  await expect(clientOf(database).sandbox(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
});

test("sessions and transactions that promise to read only borrow from the pool of readers, and single queries do not", async () => {
  const [writers, readers] = [new FakeDatabase(), new FakeDatabase()];
  const pool = createPool(writers.factory, { name: "writers" });
  const readPool = createPool(readers.factory, { name: "readers" });
  const client = createSqlClient({ pool, readPool, driver: writers.driver });
  await client.session((session) => session.query("SELECT", ["auto"]), { readOnly: true });
  await client.transaction((tx) => tx.query("SELECT", ["t"]), { readOnly: true });
  (await client.acquire({ readOnly: true })).release();
  await (await client.openSession({ readOnly: true }))[Symbol.asyncDispose]();
  expect(readPool.stats.totals.acquired).toBe(4);
  expect(writers.connections).toEqual([]);
  await client.query("SELECT", ["auto"]);
  await client.session(async () => undefined);
  expect(pool.stats.totals.acquired).toBe(2);
  const failing = client.transaction(() => Promise.reject(new Error("x")), { readOnly: true });
  await expect(failing).rejects.toThrow("x");
});

test("the label of a session or transaction names its holder", async () => {
  const client = clientOf(new FakeDatabase());
  await client.session(
    async (session) => {
      await session.query("SELECT", ["auto"]);
      expect(client.pool.holders()).toMatchObject([{ label: "report", lastStatement: "SELECT" }]);
    },
    { label: "report" },
  );
  await client.transaction(async () => expect(client.pool.holders()).toMatchObject([{ label: "order" }]), {
    label: "order",
  });
});

test("acquireTimeout bounds a transaction's wait for a connection", async () => {
  const client = clientOf(new FakeDatabase(), { maxSize: 1 });
  const lease = await client.acquire();
  await expect(client.transaction(async () => undefined, { acquireTimeout: 0 })).rejects.toMatchObject({
    code: "ACQUIRE_TIMEOUT",
  });
  lease.release();
});

test.each(["query", "session", "transaction"] as const)(
  "a %s inside a transaction that holds the last connection is a self-deadlock, and says so",
  async (what) => {
    const client = clientOf(new FakeDatabase(), { maxSize: 1 });
    const inner = {
      query: () => client.query("SELECT", ["auto"]),
      session: () => client.session(async () => undefined),
      transaction: () => client.transaction(async () => undefined),
    };
    await client.transaction(async () => {
      await expect(inner[what]()).rejects.toMatchObject({ code: "SELF_DEADLOCK" });
    });
    await client.session((session) => session.withoutConnection(() => inner[what]()));
    expect(client.pool.stats.leased).toBe(0);
  },
);

test("its functions stand alone, so that an adapter may replace one", async () => {
  const database = new FakeDatabase();
  const answer: SqlResult = { rows: [{ fast: true }], rowCount: 1 };
  const client = { ...clientOf(database), query: async () => answer };
  const { transaction, session } = client;
  expect(await client.query()).toBe(answer);
  await transaction((tx) => tx.query("INSERT", ["t", "a"]));
  await session((one) => one.query("INSERT", ["auto", "b"]));
  expect(database.committed).toEqual(["a", "b"]);
});

test.each([
  ["a work that is none", ["work"], "transaction: work must be a function"],
  [
    "an unknown option",
    [async () => undefined, { isolaton: "serializable" }],
    'transaction takes no option "isolaton"',
  ],
  ["an unknown isolation", [async () => undefined, { isolation: "total" }], "transaction: isolation must be one of"],
  ["retries below 0", [async () => undefined, { retries: -1 }], "transaction: retries must be a whole number"],
  ["retries that are none", [async () => undefined, { retries: "3" }], "transaction: retries must be a whole number"],
  ["an acquireTimeout below 0", [async () => undefined, { acquireTimeout: -1 }], "transaction: acquireTimeout"],
  ["a signal that is none", [async () => undefined, { signal: "x" }], "transaction: signal"],
  ["options that are none", [async () => undefined, null], "transaction: options must be an object"],
])("transaction: %s is refused with INVALID_ARGUMENT, and nothing is borrowed", async (_, call, message) => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const transaction = client.transaction as (...args: unknown[]) => Promise<unknown>;
  await expect(transaction(...call)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(message) as string,
  });
  expect(database.connections).toEqual([]);
});

test("session, begin and the client itself refuse what is wrong with INVALID_ARGUMENT", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await expect(client.session("work" as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(client.session(async () => undefined, null as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await client.session(async (session) => {
    await expect(session.begin({ signal: new AbortController().signal } as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(session.withoutConnection(7 as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(session.transaction(undefined as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(session.inTransaction).toBe(false);
    await session.query("INSERT", ["auto", "a"]);
  });
  const pool = createPool(database.factory);
  expect(() => createSqlClient({ pool, driver: database.driver, queryTimeout: 0 })).toThrow(
    "createSqlClient: queryTimeout must be more than 0 ms",
  );
  expect(() => createSqlClient({ pool, driver: database.driver, cancelTimeout: Number.NaN })).toThrow("cancelTimeout");
});

test("closing the pool lets a transaction under way commit", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const work = Promise.withResolvers<undefined>();
  const running = client.transaction(async (tx) => {
    await work.promise;
    await tx.query("INSERT", ["t", "a"]);
  });
  await settle();
  const closed = client.pool.close();
  work.resolve(undefined);
  await running;
  await closed;
  expect(database.committed).toEqual(["a"]);
  await expect(client.query("SELECT", ["auto"])).rejects.toMatchObject({ code: "POOL_CLOSED" });
});

test("types: rows as the caller says, results as the work says, and no session's powers in a transaction", () => {
  const client = clientOf(new FakeDatabase());
  expectTypeOf(() => client.query<{ id: number }>("SELECT")).returns.resolves.toEqualTypeOf<
    SqlResult<{ id: number }>
  >();
  expectTypeOf(() => client.transaction(async () => 42)).returns.resolves.toEqualTypeOf<number>();
  expectTypeOf(() =>
    client.session(async (session) => session.inTransaction),
  ).returns.resolves.toEqualTypeOf<boolean>();
  expectTypeOf<Transaction>().not.toHaveProperty("withoutConnection");
  expectTypeOf<Transaction>().not.toHaveProperty("begin");
  // @ts-expect-error a session's transaction holds its connection already, so it takes no acquireTimeout
  expectTypeOf<Session["transaction"]>().toBeCallableWith(async () => 1, { acquireTimeout: 5 });
});
