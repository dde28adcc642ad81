import { expect, test } from "vitest";
import { ManualClock, settle } from "../support/manual-clock.js";
import type { Session } from "../../src/transaction/index.js";
import { clientOf, FakeDatabase, type Fault } from "./fake-database.js";

function setUp(faults: Readonly<Record<string, Fault>> = {}, maxSize = 2) {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  database.fault = (text) => faults[text.split(" ", 1)[0] ?? ""];
  const client = clientOf(database, { maxSize, keepAliveInterval: "never", idleTimeout: "never" }, { clock });
  return { database, clock, client };
}

const insert = (session: Session, row: string, scope = "auto"): Promise<unknown> =>
  session.query("INSERT", [scope, row]);

test("a session runs all its statements on one connection, and gives it back", async () => {
  const { database, client } = setUp();
  const result = await client.session(async (session) => {
    await Promise.all(["a", "b", "c"].map((row) => insert(session, row)));
    expect(client.pool.stats.leased).toBe(1);
    return session.inTransaction;
  });
  expect(result).toBe(false);
  expect(database.connections.length).toBe(1);
  expect(database.committed).toEqual(["a", "b", "c"]);
  expect(client.pool.stats).toMatchObject({ leased: 0, totals: { released: 1 } });
});

test("a session whose work rejects gives its connection back and rejects with that error", async () => {
  const { client } = setUp();
  await expect(client.session(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(client.pool.stats.leased).toBe(0);
});

test("a session that finds no connection never runs its work", async () => {
  const { client } = setUp({}, 1);
  const lease = await client.acquire();
  let called = false;
  const work = async (): Promise<void> => {
    called = true;
  };
  await expect(client.session(work, { timeout: 0, label: "report" })).rejects.toMatchObject({
    code: "ACQUIRE_TIMEOUT",
  });
  expect(called).toBe(false);
  lease.release();
});

test("a session that has ended takes nothing more, and statements it was not asked to wait for run before its end", async () => {
  const { database, client } = setUp();
  let kept: Session | undefined;
  await client.session(async (session) => {
    kept = session;
    void insert(session, "a");
    void insert(session, "b");
  });
  expect(database.committed).toEqual(["a", "b"]);
  const late = [
    () => kept?.query("SELECT", ["auto"]),
    () => kept?.transaction(async () => undefined),
    () => kept?.begin(),
    () => kept?.commit(),
    () => kept?.rollback(),
    () => kept?.withoutConnection(() => expect.unreachable()),
  ];
  for (const call of late) await expect(call()).rejects.toMatchObject({ code: "SESSION_ENDED" });
  expect(database.log.length).toBe(2);
});

test("a session's transaction commits or rolls back on the session's connection", async () => {
  const { database, client } = setUp();
  await client.session(async (session) => {
    await insert(session, "a");
    await session.transaction(async (tx) => {
      expect(session.inTransaction).toBe(true);
      await tx.query("INSERT", ["t", "b"]);
    });
    const failing = session.transaction(async (tx) => {
      await tx.query("INSERT", ["u", "c"]);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(session.inTransaction).toBe(false);
    await insert(session, "d");
  });
  expect(database.connections.length).toBe(1);
  expect(database.committed).toEqual(["a", "b", "d"]);
  expect(database.violations).toEqual([]);
});

test("what is asked of the session while its transaction runs is refused, since it would run inside", async () => {
  const { database, client } = setUp();
  await client.session((session) =>
    session.transaction(async () => {
      await expect(insert(session, "a")).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
      await expect(session.transaction(async () => undefined)).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
      await expect(session.begin()).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
      await expect(session.commit()).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
      await expect(session.rollback()).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
    }),
  );
  expect(database.log).toEqual(["BEGIN", "COMMIT"]);
});

test("a session runs a transaction again after a serialization failure, on the connection it has", async () => {
  const { database, client, clock } = setUp();
  let runs = 0;
  database.fault = (text) => (text === "COMMIT" && runs < 3 ? "serialization" : undefined);
  const running = client.session((session) =>
    session.transaction(
      async (tx) => {
        runs++;
        await tx.query("INSERT", [`t${String(runs)}`, String(runs)]);
      },
      { retries: 5 },
    ),
  );
  await clock.advance(5_000);
  await running;
  expect(database.committed).toEqual(["3"]);
  expect(database.connections.length).toBe(1);
});

test("when its connection dies a session is over, since its state died with it", async () => {
  const { database, client } = setUp({ INSERT: "lost" });
  await client.session(async (session) => {
    await expect(insert(session, "a")).rejects.toMatchObject({ kind: "lost" });
    await expect(session.query("SELECT", ["auto"])).rejects.toMatchObject({
      code: "RESOURCE_LOST",
      cause: { kind: "lost" },
    });
    await expect(session.transaction(async () => undefined)).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });
  expect(database.log).toEqual(["INSERT auto a"]);
  expect(client.pool.stats.totals).toMatchObject({ acquired: 1, destroyed: 1 });
});

test("a session whose lease was taken away says so and takes no other", async () => {
  const { client } = setUp();
  await client.session(async (session) => {
    client.pool.reclaim(client.pool.holders()[0]?.leaseId ?? 0);
    await expect(insert(session, "a")).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });
  expect(client.pool.stats.totals.acquired).toBe(1);
});

test("by hand: what runs between begin and commit is one transaction", async () => {
  const { database, client } = setUp();
  await client.session(async (session) => {
    await session.begin({ isolation: "repeatable read" });
    expect(session.inTransaction).toBe(true);
    await insert(session, "a", "t");
    expect(database.committed).toEqual([]);
    await session.commit();
    expect(session.inTransaction).toBe(false);
    await session.begin();
    await insert(session, "b", "u");
    await session.rollback();
    await insert(session, "c");
  });
  expect(database.log).toEqual([
    "BEGIN REPEATABLE READ",
    "INSERT t a",
    "COMMIT",
    "BEGIN",
    "INSERT u b",
    "ROLLBACK",
    "INSERT auto c",
  ]);
  expect(database.violations).toEqual([]);
});

test("by hand: a transaction inside is a savepoint, takes no options, and must end before commit", async () => {
  const { database, client } = setUp();
  await client.session(async (session) => {
    await session.begin();
    await session.transaction(async (tx) => {
      expect(tx.depth).toBe(1);
      await tx.query("INSERT", ["s", "a"]);
      await expect(session.commit()).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
      await expect(session.rollback()).rejects.toMatchObject({ code: "TRANSACTION_BUSY" });
    });
    await expect(session.transaction(async () => undefined, { retries: 1 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await session.commit();
  });
  expect(database.committed).toEqual(["a"]);
});

test("by hand: begin twice is refused, commit without begin as well, rollback without begin does nothing", async () => {
  const { database, client } = setUp();
  await client.session(async (session) => {
    await expect(session.commit()).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    await session.rollback();
    await session.begin();
    await expect(session.begin()).rejects.toMatchObject({ code: "TRANSACTION_OPEN" });
    await session.commit();
    await session.rollback();
  });
  expect(database.log).toEqual(["BEGIN", "COMMIT"]);
});

test("by hand: statements that nobody waited for run before commit, and one that fails rolls back", async () => {
  const { database, client } = setUp();
  database.fault = (text) => (text === "SELECT" ? "refused" : undefined);
  await client.session(async (session) => {
    await session.begin();
    void insert(session, "a", "t");
    await session.commit();
    await session.begin();
    void session.query("SELECT", ["u"]);
    await expect(session.commit()).rejects.toThrow("refused: SELECT");
    expect(session.inTransaction).toBe(false);
  });
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "COMMIT", "BEGIN", "SELECT u", "ROLLBACK"]);
});

test("by hand: a lost COMMIT has an unknown outcome, and the session is over", async () => {
  const { client } = setUp({ COMMIT: "reply lost" });
  await client.session(async (session) => {
    await session.begin();
    await expect(session.commit()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await session.rollback();
    await expect(insert(session, "a")).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });
});

test("by hand: a lost COMMIT after reads alone is a lost connection", async () => {
  const { client } = setUp({ COMMIT: "reply lost" });
  await client.session(async (session) => {
    await session.begin({ readOnly: true });
    await expect(session.commit()).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });
});

test("by hand: after a lost connection no statement of the transaction runs elsewhere", async () => {
  const { database, client } = setUp({ INSERT: "lost" });
  await client.session(async (session) => {
    await session.begin();
    await expect(insert(session, "a", "t")).rejects.toMatchObject({ kind: "lost" });
    await expect(session.query("SELECT", ["t"])).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    await expect(session.commit()).rejects.toMatchObject({ kind: "lost" });
  });
  expect(database.connections.length).toBe(1);
});

test("by hand: what still waits for its turn at rollback never runs", async () => {
  const { database, client } = setUp();
  await client.session(async (session) => {
    await session.begin();
    const statements = Promise.allSettled([insert(session, "a", "t"), insert(session, "b", "t")]);
    await session.rollback();
    expect(await statements).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "TRANSACTION_ENDED" } },
    ]);
  });
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
});

test("by hand: a commit after a swallowed serialization failure rolls back and rejects with it", async () => {
  const { database, client } = setUp({ INSERT: "serialization" });
  await client.session(async (session) => {
    await session.begin();
    await insert(session, "a", "t").catch(() => undefined);
    await expect(session.commit()).rejects.toThrow("could not serialize");
    expect(session.inTransaction).toBe(false);
    await session.query("SELECT", ["auto"]);
  });
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK", "SELECT auto"]);
});

test("a transaction left open is rolled back at the end of the session, which rejects and says so", async () => {
  const { database, client } = setUp();
  const running = client.session(
    async (session) => {
      await session.begin();
      await insert(session, "a", "t");
    },
    { label: "import" },
  );
  await expect(running).rejects.toMatchObject({
    code: "TRANSACTION_OPEN",
    message: expect.stringContaining("the session ended with a transaction open, which was rolled back") as string,
    details: { pool: "main", label: "import" },
  });
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
  expect(client.pool.stats.totals).toMatchObject({ released: 1, openTransactions: 0 });
});

test("the work's own error counts more than the transaction it left open", async () => {
  const { database, client } = setUp();
  const running = client.session(async (session) => {
    await session.begin();
    throw new Error("the work's own");
  });
  await expect(running).rejects.toThrow("the work's own");
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
});

test("an opened session is ended by disposal, waits for what it was asked, and rolls back what is open", async () => {
  const { database, client } = setUp();
  {
    await using session = await client.openSession();
    await session.begin();
    void insert(session, "a", "t");
    await settle();
  }
  expect(database.log).toEqual(["BEGIN", "INSERT t a", "ROLLBACK"]);
  expect(client.pool.stats.leased).toBe(0);
});

test("disposing of a session twice is harmless", async () => {
  const { client } = setUp();
  const session = await client.openSession();
  await Promise.all([session[Symbol.asyncDispose](), session[Symbol.asyncDispose]()]);
  await session[Symbol.asyncDispose]();
  expect(client.pool.stats.totals.released).toBe(1);
});
