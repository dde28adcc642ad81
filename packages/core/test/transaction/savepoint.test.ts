import { expect, test } from "vitest";
import type { Transaction } from "../../src/transaction/index.js";
import { clientOf, FakeDatabase, type Fault } from "./fake-database.js";

function setUp(faults: Readonly<Record<string, Fault>> = {}) {
  const database = new FakeDatabase();
  database.fault = (text) => Object.entries(faults).find(([start]) => text.startsWith(start))?.[1];
  return { database, client: clientOf(database) };
}

const insert = (tx: Transaction, scope: string, row: string): Promise<unknown> => tx.query("INSERT", [scope, row]);

test("a nested transaction is a savepoint that is released", async () => {
  const { database, client } = setUp();
  const result = await client.transaction((tx) =>
    tx.transaction(async (inner) => {
      await insert(inner, "s", "a");
      return inner.depth;
    }),
  );
  expect(result).toBe(1);
  expect(database.log).toEqual([
    "BEGIN",
    'SAVEPOINT "pool_savepoint_1"',
    "INSERT s a",
    'RELEASE SAVEPOINT "pool_savepoint_1"',
    "COMMIT",
  ]);
});

test("a nested failure undoes the savepoint and nothing else", async () => {
  const { database, client } = setUp();
  await client.transaction(async (tx) => {
    await insert(tx, "t", "a");
    const inner = tx.transaction(async (nested) => {
      await insert(nested, "s1", "b");
      throw new Error("only the inner one");
    });
    await expect(inner).rejects.toThrow("only the inner one");
    await insert(tx, "t", "c");
    await tx.transaction((nested) => insert(nested, "s2", "d"));
  });
  expect(database.committed).toEqual(["a", "c", "d"]);
  expect(database.violations).toEqual([]);
});

test("savepoints nest, each with a name of its own", async () => {
  const { database, client } = setUp();
  await client.transaction((tx) =>
    tx.transaction((one) => one.transaction((two) => two.transaction((three) => insert(three, "s3", "a")))),
  );
  expect(database.log.filter((text) => text.startsWith("SAVEPOINT"))).toEqual(
    [1, 2, 3].map((depth) => `SAVEPOINT "pool_savepoint_${String(depth)}"`),
  );
  expect(database.committed).toEqual(["a"]);
});

test("two savepoints side by side are refused with TRANSACTION_BUSY", async () => {
  const { database, client } = setUp();
  const running = client.transaction(async (tx) => {
    const outcomes = await Promise.allSettled([
      tx.transaction((one) => insert(one, "s1", "a")),
      tx.transaction((two) => insert(two, "s2", "b")),
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "TRANSACTION_BUSY" } },
    ]);
  });
  await running;
  expect(database.committed).toEqual(["a"]);
});

test("a statement on the outer handle while a savepoint is open is refused, since it would be undone with the savepoint", async () => {
  const { database, client } = setUp();
  await client.transaction(async (tx) => {
    await tx.transaction(async (inner) => {
      await insert(inner, "s", "a");
      await expect(insert(tx, "t", "b")).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
    });
    await insert(tx, "t", "c");
  });
  expect(database.committed).toEqual(["a", "c"]);
  expect(database.violations).toEqual([]);
});

test("statements issued before the savepoint run before it", async () => {
  const { database, client } = setUp();
  await client.transaction(async (tx) => {
    const before = insert(tx, "t", "a");
    await tx.transaction((inner) => insert(inner, "s", "b"));
    await before;
  });
  expect(database.log.slice(1, 3)).toEqual(["INSERT t a", 'SAVEPOINT "pool_savepoint_1"']);
  expect(database.violations).toEqual([]);
});

test("the handle of a savepoint that has ended takes nothing more", async () => {
  const { client } = setUp();
  await client.transaction(async (tx) => {
    let kept: Transaction | undefined;
    await tx.transaction(async (inner) => {
      kept = inner;
    });
    await expect(kept?.query("INSERT", ["s", "late"])).rejects.toMatchObject({
      code: "TRANSACTION_ENDED",
      message: 'pool "main": the savepoint at depth 1 has ended, and was used after it',
    });
  });
});

test("a SAVEPOINT that is refused leaves the transaction as it was", async () => {
  const { database, client } = setUp({ SAVEPOINT: "refused" });
  await client.transaction(async (tx) => {
    await insert(tx, "t", "a");
    await expect(tx.transaction((inner) => insert(inner, "s", "b"))).rejects.toThrow("refused: SAVEPOINT");
    await insert(tx, "t", "c");
  });
  expect(database.committed).toEqual(["a", "c"]);
});

test("a RELEASE that is refused rolls the savepoint back", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  let releases = 0;
  database.fault = (text) => (text.startsWith("RELEASE") && releases++ === 0 ? "refused" : undefined);
  await client.transaction(async (tx) => {
    await expect(tx.transaction((inner) => insert(inner, "s", "b"))).rejects.toThrow("refused: RELEASE");
    await insert(tx, "t", "c");
  });
  expect(database.committed).toEqual(["c"]);
});

test("when a savepoint cannot be rolled back to, the transaction cannot be committed", async () => {
  const { database, client } = setUp({ "ROLLBACK TO": "refused" });
  const reason = new Error("the work's own");
  const running = client.transaction(async (tx) => {
    await tx.transaction(() => Promise.reject(reason)).catch((error: unknown) => expect(error).toBe(reason));
    await expect(insert(tx, "t", "a")).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  });
  await expect(running).rejects.toThrow("refused: ROLLBACK TO");
  expect(reason).toMatchObject({
    rollbackError: { message: expect.stringContaining("refused: ROLLBACK TO") as string },
  });
  expect(database.log.at(-1)).toBe("ROLLBACK");
});

test("a savepoint whose handle outlives a failed outer work does not touch the next borrower's connection", async () => {
  const { database, client } = setUp();
  const hold = Promise.withResolvers<undefined>();
  let nested: Promise<unknown> | undefined;
  const running = client.transaction(async (tx) => {
    nested = tx.transaction(async (inner) => {
      await insert(inner, "s", "a");
      await hold.promise;
      await insert(inner, "s", "late");
    });
    nested.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error("outer");
  });
  await expect(running).rejects.toThrow("outer");
  const lease = await client.acquire();
  hold.resolve(undefined);
  const error: unknown = await nested?.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "TRANSACTION_ENDED" });
  expect(error).not.toHaveProperty("rollbackError"); // there was nothing left to roll back
  lease.release();
  expect(database.log).toEqual(["BEGIN", 'SAVEPOINT "pool_savepoint_1"', "INSERT s a", "ROLLBACK"]);
});

test("what waits for its turn in a savepoint is dropped when the outer work fails, and reported by that failure alone", async () => {
  const { database, client } = setUp();
  database.latency = () => new Promise((resolve) => setImmediate(resolve));
  const running = client.transaction(async (tx) => {
    void tx.transaction(async (inner) => {
      void insert(inner, "s", "a");
      void insert(inner, "s", "b");
      await new Promise(() => undefined);
    });
    while (!database.log.includes("INSERT s a")) await new Promise((resolve) => setImmediate(resolve));
    throw new Error("outer");
  });
  await expect(running).rejects.toThrow("outer");
  expect(database.log).toEqual(["BEGIN", 'SAVEPOINT "pool_savepoint_1"', "INSERT s a", "ROLLBACK"]);
});

test("a serialization failure in a savepoint ends the whole transaction, whatever becomes of the error", async () => {
  const { database, client } = setUp({ INSERT: "serialization" });
  let swallowed: unknown;
  const running = client.transaction(async (tx) => {
    swallowed = await tx.transaction((inner) => insert(inner, "s", "a")).catch((reason: unknown) => reason);
    return "done";
  });
  await expect(running).rejects.toThrow("could not serialize");
  expect(swallowed).not.toHaveProperty("rollbackError"); // there was nothing left to roll back
  expect(database.log).toEqual(["BEGIN", 'SAVEPOINT "pool_savepoint_1"', "INSERT s a", "ROLLBACK"]);
});

test("a statement that a savepoint's work did not wait for and that fails takes the savepoint with it", async () => {
  const { database, client } = setUp({ SELECT: "refused" });
  await client.transaction(async (tx) => {
    const inner = tx.transaction(async (nested) => {
      await insert(nested, "s", "a");
      void nested.query("SELECT", ["s"]);
    });
    await expect(inner).rejects.toThrow("refused: SELECT");
    await insert(tx, "t", "b");
  });
  expect(database.committed).toEqual(["b"]);
});

test("a connection lost in a savepoint is a plain error", async () => {
  const { database, client } = setUp({ RELEASE: "reply lost" });
  await expect(client.transaction((tx) => tx.transaction((inner) => insert(inner, "s", "a")))).rejects.toMatchObject({
    kind: "lost",
  });
  expect(database.log.at(-1)).toContain("RELEASE");
  expect(client.pool.stats.totals.destroyed).toBe(1);
});
