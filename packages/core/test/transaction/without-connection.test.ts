import { expect, test } from "vitest";
import { ManualClock, settle } from "../support/manual-clock.js";
import { clientOf, FakeDatabase } from "./fake-database.js";

function setUp(maxSize = 1) {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const client = clientOf(database, { maxSize, keepAliveInterval: "never", idleTimeout: "never" }, { clock });
  return { database, clock, client };
}

test("gives the connection back for the time of the work, and takes a fresh one with the next statement", async () => {
  const { client } = setUp();
  await client.session(async (session) => {
    await session.query("SELECT", ["auto"]);
    const result = await session.withoutConnection(async () => {
      expect(client.pool.stats.leased).toBe(0);
      await client.query("INSERT", ["auto", "another borrower"]); // would wait for ever for the only connection
      return "computed";
    });
    expect(result).toBe("computed");
    expect(client.pool.stats.leased).toBe(0); // taken when needed, not before
    await session.query("SELECT", ["auto"]);
    expect(client.pool.stats.leased).toBe(1);
  });
  expect(client.pool.stats).toMatchObject({ leased: 0, totals: { acquired: 3, released: 3 } });
});

test("others wait for what it asks for meanwhile, and are not told of a circle", async () => {
  const { client } = setUp();
  const rows = await client.session((session) =>
    session.withoutConnection(() =>
      Promise.all([
        session.query("SELECT", ["auto"]),
        client.query("SELECT", ["auto"]),
        client.transaction((tx) => tx.query("SELECT")),
      ]),
    ),
  );
  expect(rows).toHaveLength(3);
});

test("takes work that is not asynchronous", async () => {
  const { client } = setUp();
  expect(await client.session((session) => session.withoutConnection(() => 42))).toBe(42);
});

test("resolves with the work's result whatever happens to the pool meanwhile", async () => {
  const { client } = setUp();
  await client.session(async (session) => {
    const result = await session.withoutConnection(async () => {
      await client.pool.close();
      return "kept";
    });
    expect(result).toBe("kept");
    await expect(session.query("SELECT", ["auto"])).rejects.toMatchObject({ code: "POOL_CLOSED" });
  });
});

test("an error of the work is passed on, and the session goes on", async () => {
  const { client } = setUp();
  await client.session(async (session) => {
    await expect(session.withoutConnection(() => Promise.reject(new Error("no file")))).rejects.toThrow("no file");
    await session.query("INSERT", ["auto", "a"]);
  });
});

test("is refused in a transaction before the work is called, by hand and in callback form", async () => {
  const { client, database } = setUp();
  const work = (): never => expect.unreachable();
  await client.session(async (session) => {
    await session.begin();
    await expect(session.withoutConnection(work)).rejects.toMatchObject({ code: "TRANSACTION_OPEN" });
    await session.rollback();
    await session.transaction(async () => {
      await expect(session.withoutConnection(work)).rejects.toMatchObject({ code: "TRANSACTION_OPEN" });
    });
  });
  expect(database.log).toEqual(["BEGIN", "ROLLBACK", "BEGIN", "COMMIT"]);
});

test("where the driver tells, it is refused as well in a transaction that a statement has begun", async () => {
  const { database } = setUp();
  database.tellsTransaction = true;
  const client = clientOf(database);
  await client.session(async (session) => {
    await session.query("BEGIN");
    await expect(session.withoutConnection(() => expect.unreachable())).rejects.toMatchObject({
      code: "TRANSACTION_OPEN",
    });
    await session.query("ROLLBACK");
    await session.withoutConnection(() => undefined);
  });
});

test("waits for statements that were issued before it", async () => {
  const { database, client } = setUp();
  database.latency = settle;
  await client.session(async (session) => {
    void session.query("INSERT", ["auto", "a"]);
    await session.withoutConnection(() => expect(database.committed).toEqual(["a"]));
  });
});

test("a statement of the work on the session borrows for itself alone", async () => {
  const { client } = setUp();
  await client.session((session) =>
    session.withoutConnection(async () => {
      await session.query("INSERT", ["auto", "a"]);
      expect(client.pool.stats.leased).toBe(0);
      await session.transaction((tx) => tx.query("INSERT", ["t", "b"]));
      expect(client.pool.stats.leased).toBe(0);
      await session.begin();
      expect(client.pool.stats.leased).toBe(1);
      await session.query("INSERT", ["u", "c"]);
      await session.commit();
      expect(client.pool.stats.leased).toBe(0);
    }),
  );
  expect(client.pool.stats.totals).toMatchObject({ acquired: 4, released: 4 });
});

test("where the driver tells, the work keeps the connection on which it began a transaction with a statement", async () => {
  const { database } = setUp();
  database.tellsTransaction = true;
  const client = clientOf(database);
  await client.session((session) =>
    session.withoutConnection(async () => {
      await session.query("BEGIN");
      await session.query("INSERT", ["t", "a"]);
      await session.query("COMMIT");
      expect(client.pool.stats.leased).toBe(0);
    }),
  );
  expect(database.connections.length).toBe(1);
  expect(database.committed).toEqual(["a"]);
  expect(database.violations).toEqual([]);
});

test("nested in its own work it holds no connection either", async () => {
  const { client } = setUp();
  await client.session((session) =>
    session.withoutConnection(() => session.withoutConnection(() => expect(client.pool.stats.leased).toBe(0))),
  );
});

test("several statements at once after it share one fresh connection", async () => {
  const { client, database } = setUp(4);
  await client.session(async (session) => {
    await session.withoutConnection(() => undefined);
    await Promise.all(["a", "b", "c"].map((row) => session.query("INSERT", ["auto", row])));
    expect(client.pool.stats.leased).toBe(1);
  });
  expect(client.pool.stats.totals.acquired).toBe(2);
  expect(database.committed).toEqual(["a", "b", "c"]);
});

test("when no fresh connection is to be had, statements issued together fail together and wait once", async () => {
  const { client, clock } = setUp();
  await client.session(
    async (session) => {
      let other: Awaited<ReturnType<typeof client.acquire>> | undefined;
      await session.withoutConnection(async () => {
        other = await client.acquire();
      });
      const statements = ["a", "b", "c"].map((row) => session.query("INSERT", ["auto", row]));
      const failed = Promise.all(
        statements.map((one) => expect(one).rejects.toMatchObject({ code: "ACQUIRE_TIMEOUT" })),
      );
      await clock.advance(1_100);
      await failed;
      expect(client.pool.stats.totals.timedOut).toBe(1);
      other?.release();
      await session.query("INSERT", ["auto", "d"]);
    },
    { timeout: 1_000 },
  );
});

test("a statement's signal ends its own wait for a fresh connection and no other's", async () => {
  const { client, database } = setUp();
  await client.session(async (session) => {
    let other: Awaited<ReturnType<typeof client.acquire>> | undefined;
    await session.withoutConnection(async () => {
      other = await client.acquire();
    });
    const controller = new AbortController();
    const first = session.query("INSERT", ["auto", "a"], { signal: controller.signal });
    const second = session.query("INSERT", ["auto", "b"]);
    await settle();
    controller.abort("not me");
    await expect(first).rejects.toBe("not me");
    other?.release();
    await second;
  });
  expect(database.committed).toEqual(["b"]);
});

test("makes a session whose connection was lost usable again", async () => {
  const { client, database } = setUp();
  database.fault = (text) => (text === "SELECT" ? "lost" : undefined);
  await client.session(async (session) => {
    await expect(session.query("SELECT", ["auto"])).rejects.toMatchObject({ kind: "lost" });
    await expect(session.query("INSERT", ["auto", "a"])).rejects.toMatchObject({ code: "RESOURCE_LOST" });
    await session.withoutConnection(() => undefined);
    await session.query("INSERT", ["auto", "b"]);
  });
  expect(database.committed).toEqual(["b"]);
  expect(client.pool.stats.totals).toMatchObject({ acquired: 2, released: 1, destroyed: 1 });
});

test("a work that goes on after the session's end touches no connection", async () => {
  const { client, database } = setUp();
  const hold = Promise.withResolvers<undefined>();
  let late: Promise<unknown> | undefined;
  await client.session(async (session) => {
    late = session.withoutConnection(async () => {
      await hold.promise;
      await session.query("INSERT", ["auto", "late"]);
    });
    late.catch(() => undefined);
    await settle();
  });
  hold.resolve(undefined);
  await expect(late).rejects.toMatchObject({ code: "SESSION_ENDED" });
  expect(database.log).toEqual([]);
  expect(client.pool.stats.leased).toBe(0);
});
