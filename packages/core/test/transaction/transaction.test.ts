import { expect, test } from "vitest";
import { ManualClock, settle } from "../support/manual-clock.js";
import type { Transaction } from "../../src/transaction/index.js";
import { clientOf, FakeDatabase, type Fault } from "./fake-database.js";

function setUp(faults: Readonly<Record<string, Fault>> = {}) {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  database.fault = (text) => faults[text.split(" ", 2)[0] ?? ""];
  const client = clientOf(database, { keepAliveInterval: "never", idleTimeout: "never" }, { clock });
  return { database, clock, client };
}

const insert = (tx: Transaction, scope: string, row: string): Promise<unknown> => tx.query("INSERT", [scope, row]);

test("commits what the work wrote when it resolves, and resolves with its result", async () => {
  const { database, client } = setUp();
  const result = await client.transaction(async (tx) => {
    expect(tx.depth).toBe(0);
    await insert(tx, "t", "a");
    expect(database.committed).toEqual([]);
    return 42;
  });
  expect(result).toBe(42);
  expect(database.committed).toEqual(["a"]);
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "COMMIT"]);
});

test("rolls back when the work rejects, and rejects with the very same error", async () => {
  const { database, client } = setUp();
  const reason = new Error("no");
  const running = client.transaction(async (tx) => {
    await insert(tx, "t", "a");
    throw reason;
  });
  await expect(running).rejects.toBe(reason);
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
  expect(client.pool.stats.totals).toMatchObject({ released: 1, openTransactions: 0 });
});

test("a work that throws before it returns a promise is rolled back alike", async () => {
  const { database, client } = setUp();
  const work = (): Promise<never> => {
    throw new Error("at once");
  };
  await expect(client.transaction(work)).rejects.toThrow("at once");
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
});

test("passes isolation, mode and read-only to the driver's BEGIN", async () => {
  const { database, client } = setUp();
  await client.transaction(async () => undefined, { isolation: "serializable", mode: "immediate", readOnly: true });
  expect(database.log[0]).toBe("BEGIN IMMEDIATE SERIALIZABLE READ ONLY");
});

test("what the driver's begin refuses borrows nothing", async () => {
  const { database } = setUp();
  const refusal = new Error("no such level");
  const client = clientOf(
    database,
    {},
    {
      driver: {
        ...database.driver,
        begin: () => {
          throw refusal;
        },
      },
    },
  );
  await expect(client.transaction(async () => undefined, { isolation: "serializable" })).rejects.toBe(refusal);
  expect(database.connections).toEqual([]);
});

test("a BEGIN that is refused leaves nothing to roll back", async () => {
  const { database, client } = setUp({ BEGIN: "refused" });
  await expect(client.transaction(async () => undefined)).rejects.toThrow("refused: BEGIN");
  expect(database.log).toEqual(["BEGIN"]);
  expect(client.pool.stats.totals).toMatchObject({ released: 1 });
});

test("a second statement of BEGIN that is refused is rolled back", async () => {
  const { database } = setUp();
  const client = clientOf(database, {}, { driver: { ...database.driver, begin: () => ["BEGIN", "SET"] } });
  await expect(client.transaction(async () => undefined)).rejects.toThrow("syntax error: SET");
  expect(database.log).toEqual(["BEGIN", "SET", "ROLLBACK"]);
});

test("a connection that is lost in BEGIN or in a statement is a plain error: nothing was committed", async () => {
  for (const verb of ["BEGIN", "INSERT"]) {
    const { database, client } = setUp({ [verb]: "reply lost" });
    await expect(client.transaction((tx) => insert(tx, "t", "a"))).rejects.toMatchObject({ kind: "lost" });
    expect(database.committed).toEqual([]);
    expect(database.log).not.toContain("ROLLBACK");
    expect(client.pool.stats.totals).toMatchObject({ destroyed: 1 });
  }
});

test.each(["lost", "reply lost", "deaf", "hang"] as const)(
  "a COMMIT that ends as %s has an unknown outcome, and is not repeated",
  async (fault) => {
    const { database, client, clock } = setUp({ COMMIT: fault });
    let runs = 0;
    const running = client.transaction((tx) => insert(tx, "t", String(runs++)), { retries: 3, label: "order" });
    const failed = expect(running).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      message: expect.stringMatching(
        /^pool "main": the reply to COMMIT was lost \(.+\): the transaction may have taken effect or not$/,
      ) as string,
      cause: expect.objectContaining(
        fault === "lost" || fault === "reply lost" ? { kind: "lost" } : { code: "QUERY_TIMEOUT" },
      ) as Error,
      details: { pool: "main", label: "order" },
    });
    await clock.advance(31_000);
    await failed;
    expect(runs).toBe(1);
    expect(database.log.filter((text) => text === "COMMIT")).toEqual(["COMMIT"]);
    expect(client.pool.stats.totals).toMatchObject({ released: 0, destroyed: 1 });
  },
);

test.each(["lost", "reply lost", "deaf", "hang"] as const)(
  "a read-only transaction whose COMMIT ends as %s has lost its connection, and nothing else",
  async (fault) => {
    const { client, clock } = setUp({ COMMIT: fault });
    const inSession = setUp({ COMMIT: fault });
    const reading = [
      client.transaction((tx) => tx.query("SELECT", ["t"]), { readOnly: true, label: "report" }),
      inSession.client.session((session) => session.transaction(() => Promise.resolve(), { readOnly: true })),
    ];
    const failed = reading.map((running) => expect(running).rejects.toMatchObject({ code: "RESOURCE_LOST" }));
    await Promise.all([clock.advance(31_000), inSession.clock.advance(31_000)]);
    await Promise.all(failed);
    await expect(reading[0]).rejects.toMatchObject({
      message: expect.stringMatching(
        /^pool "main": the connection was lost at the end of a read-only transaction \(.+\)$/,
      ) as string,
      cause: expect.any(Error) as Error,
      details: { pool: "main", label: "report" },
    });
    expect(client.pool.stats.totals).toMatchObject({ released: 0, destroyed: 1 });
  },
);

test("a COMMIT whose reply comes after its timeout has committed", async () => {
  const { database, client, clock } = setUp({ COMMIT: "too late" });
  const running = client.transaction(async (tx) => {
    await insert(tx, "t", "a");
    return "done";
  });
  await clock.advance(30_000);
  expect(await running).toBe("done");
  expect(database.committed).toEqual(["a"]);
});

test("a COMMIT that the backend refuses is rolled back and rejects with the backend's error", async () => {
  const { database, client } = setUp({ COMMIT: "refused" });
  await expect(client.transaction((tx) => insert(tx, "t", "a"))).rejects.toThrow("refused: COMMIT");
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "COMMIT", "ROLLBACK"]);
  expect(database.committed).toEqual([]);
  expect(client.pool.stats.totals).toMatchObject({ released: 1, openTransactions: 0 });
});

test("a failing rollback closes the connection, is noted on the work's error and never masks it", async () => {
  const { client } = setUp({ ROLLBACK: "refused" });
  const reason = new Error("the work's own");
  await expect(client.transaction(() => Promise.reject(reason))).rejects.toBe(reason);
  expect(reason).toMatchObject({ rollbackError: { message: "refused: ROLLBACK" } });
  expect(client.pool.stats.totals).toMatchObject({ released: 0, destroyed: 1 });
});

test("an error that cannot be written on is passed on as it is when the rollback fails as well", async () => {
  const { client } = setUp({ ROLLBACK: "refused" });
  const reasons: unknown[] = ["text", Object.freeze(new Error("frozen"))];
  for (const reason of reasons)
    await expect(client.transaction(() => Promise.reject(reason as Error))).rejects.toBe(reason);
});

test("a statement that the work did not wait for runs before COMMIT", async () => {
  const { database, client } = setUp();
  await client.transaction(async (tx) => {
    void insert(tx, "t", "a");
    void tx.transaction((inner) => insert(inner, "s", "b"));
  });
  expect(database.log.at(-1)).toBe("COMMIT");
  expect(database.committed).toEqual(["a", "b"]);
});

test("a statement that the work did not wait for and that fails takes the transaction with it", async () => {
  const { database, client } = setUp({ INSERT: "refused" });
  const running = client.transaction(async (tx) => {
    void insert(tx, "t", "a");
    return "done";
  });
  await expect(running).rejects.toThrow("refused: INSERT");
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
});

test("statements that still wait for their turn when the work rejects never run", async () => {
  const { database, client } = setUp();
  const reason = new Error("no");
  const running = client.transaction(async (tx) => {
    void insert(tx, "t", "a");
    void insert(tx, "t", "b");
    throw reason;
  });
  await expect(running).rejects.toBe(reason);
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
});

test("statements issued together run one after the other, in the order of the calls", async () => {
  const { database, client } = setUp();
  database.latency = settle;
  await client.transaction((tx) => Promise.all(["a", "b", "c"].map((row) => insert(tx, "t", row))));
  expect(database.committed).toEqual(["a", "b", "c"]);
  expect(database.violations).toEqual([]);
});

test("a transaction that has ended takes nothing more", async () => {
  const { database, client } = setUp();
  let kept: Transaction | undefined;
  await client.transaction(async (tx) => {
    kept = tx;
  });
  await expect(kept?.query("INSERT", ["t", "late"])).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  await expect(kept?.transaction(async () => undefined)).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  await client
    .transaction((tx) => {
      kept = tx;
      return Promise.reject(new Error("why"));
    })
    .catch(() => undefined);
  await expect(kept?.query("INSERT", ["t", "late"])).rejects.toMatchObject({
    code: "TRANSACTION_ENDED",
    cause: { message: "why" },
  });
  expect(database.log).toEqual(["BEGIN", "COMMIT", "BEGIN", "ROLLBACK"]);
});

test("a statement issued while COMMIT is under way is refused", async () => {
  const { database, client } = setUp();
  database.latency = settle;
  let kept: Transaction | undefined;
  const running = client.transaction(async (tx) => {
    kept = tx;
  });
  while (database.log.at(-1) !== "COMMIT") await settle();
  await expect(kept?.query("INSERT", ["t", "late"])).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  await running;
});

test("a transaction that has swallowed a lost connection does not pretend to have committed", async () => {
  const { database, client } = setUp({ INSERT: "lost" });
  const running = client.transaction(async (tx) => {
    await insert(tx, "t", "a").catch(() => undefined);
    await expect(tx.query("SELECT", ["t"])).rejects.toMatchObject({
      code: "TRANSACTION_ENDED",
      cause: { kind: "lost" },
    });
    return "done";
  });
  await expect(running).rejects.toMatchObject({ kind: "lost" });
  expect(database.log).toEqual(["BEGIN", "INSERT t a"]);
});

test("after a serialization failure nothing runs any more, since the backend has rolled back already", async () => {
  const { database, client } = setUp({ INSERT: "serialization" });
  const running = client.transaction(async (tx) => {
    await insert(tx, "t", "a").catch(() => undefined);
    await tx.query("SELECT", ["t"]).catch(() => undefined);
  });
  await expect(running).rejects.toThrow("could not serialize");
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
  expect(database.violations).toEqual([]);
});

test("a serialization failure that answers a cancelled statement ends the transaction as well", async () => {
  const { database, client, clock } = setUp({ INSERT: "serialization" });
  database.latency = () => new Promise((resolve) => clock.setTimeout(resolve, 50));
  const running = client.transaction(async (tx) => {
    await expect(tx.query("INSERT", ["t", "a"], { timeout: 20 })).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
    await expect(tx.query("SELECT", ["t"])).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  });
  const failed = expect(running).rejects.toThrow("could not serialize");
  await clock.advance(500);
  await failed;
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
});

test("a SAVEPOINT that is cancelled and answered by a serialization failure runs the whole work again", async () => {
  const { database, client, clock } = setUp();
  let runs = 0;
  const isSlow = (): boolean => runs === 1 && database.log.at(-1)?.startsWith("SAVEPOINT") === true;
  database.fault = () => (isSlow() ? "serialization" : undefined);
  database.latency = () => (isSlow() ? new Promise((resolve) => clock.setTimeout(resolve, 30_500)) : Promise.resolve());
  const running = client.transaction(
    (tx) => {
      runs++;
      return tx.transaction(async () => runs).catch(() => -1);
    },
    { retries: 1 },
  );
  await clock.advance(32_000);
  expect(await running).toBe(2);
});

test("a ROLLBACK whose reply comes after its timeout has rolled back, and costs no connection", async () => {
  const { client, clock } = setUp({ ROLLBACK: "too late" });
  const failed = expect(client.transaction(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await clock.advance(31_000);
  await failed;
  expect(client.pool.stats.totals).toMatchObject({ released: 1, destroyed: 0 });
});

test("a COMMIT under way when its lease is taken away has an unknown outcome, whatever the driver makes of it", async () => {
  const { database } = setUp();
  const client = clientOf(database, {}, { driver: { ...database.driver, isConnectionLost: () => false } });
  const reply = Promise.withResolvers<undefined>();
  const running = client.transaction(async () => {
    database.latency = async () => {
      await reply.promise;
    };
  });
  const failed = expect(running).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  while (database.log.at(-1) !== "COMMIT") await settle();
  client.pool.reclaim(client.pool.holders()[0]?.leaseId ?? 0);
  reply.resolve(undefined);
  await failed;
});

test("a SAVEPOINT that was cancelled ends the transaction: nobody knows where its statements would run", async () => {
  const { database, client, clock } = setUp({ SAVEPOINT: "too late" });
  const running = client.transaction(async (tx) => {
    await expect(tx.transaction(async () => undefined)).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
    await expect(insert(tx, "t", "a")).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  });
  const failed = expect(running).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
  await clock.advance(31_000);
  await failed;
  expect(database.log).toEqual(["BEGIN", 'SAVEPOINT "pool_savepoint_1"', "ROLLBACK"]);
});

test("where the driver tells, a transaction that the backend ended by itself takes no more statements and does not commit", async () => {
  const { database, client: blind } = setUp();
  await blind.pool.close();
  database.tellsTransaction = true;
  const client = clientOf(database);
  const running = client.transaction(async (tx) => {
    await insert(tx, "t", "a");
    for (const connection of database.connections) connection.frames = undefined; // a full disk
    await expect(insert(tx, "t", "b")).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    return "done";
  });
  await expect(running).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  expect(database.log).toEqual(["BEGIN", "INSERT t a"]);
  expect(database.committed).toEqual([]);
});

test("a lease that is taken away in the middle ends the transaction, and the session reports it", async () => {
  const { database, client } = setUp();
  const running = client.transaction(async (tx) => {
    await insert(tx, "t", "a");
    client.pool.reclaim(client.pool.holders()[0]?.leaseId ?? 0, "held too long");
    return "done";
  });
  await expect(running).rejects.toMatchObject({ code: "LEASE_ENDED" });
  expect(database.log).toEqual(["BEGIN", "INSERT t a"]);
});
