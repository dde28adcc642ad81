import { expect, test } from "vitest";
import { moment, traced } from "../../src/events.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { clientOf, DatabaseError, FakeDatabase, type Connection } from "./fake-database.js";

const nothing = async (): Promise<void> => undefined;

test("a use has the connection to itself: what the session is asked meanwhile waits for it", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await client.session(async (session) => {
    const [started, ended] = [Promise.withResolvers<Connection>(), Promise.withResolvers<string>()];
    const using = session.use("COPY", async (connection) => {
      started.resolve(connection);
      return await ended.promise;
    });
    const next = session.query("SELECT", ["auto"]);
    expect((await started.promise).log).toEqual([]);
    await settle();
    expect(database.log).toEqual([]);
    ended.resolve("copied");
    expect(await using).toBe("copied");
    await next;
    expect(database.log).toEqual(["SELECT auto"]);
  });
});

test("the client's borrows for the time of the work, and counts it as busy under its name", async () => {
  const client = clientOf(new FakeDatabase(), { maxSize: 1 });
  const counted = await client.use(
    "COPY",
    async () => {
      expect(client.pool.holders()).toMatchObject([{ lastStatement: "COPY", label: "load" }]);
      await expect(client.pool.acquire({ timeout: 0 })).rejects.toMatchObject({ code: "ACQUIRE_TIMEOUT" });
      return { rowCount: 3 };
    },
    { label: "load" },
  );
  expect(counted).toEqual({ rowCount: 3 });
  expect(client.pool.stats.leased).toBe(0);
});

test("work on a connection that was free counts for deadlocks as well", async () => {
  const client = clientOf(new FakeDatabase(), { maxSize: 1 });
  await client.use("COPY", nothing);
  expect(client.pool.stats.idle).toBe(1);
  await client.use("COPY", async () => {
    const refused = { code: "SELF_DEADLOCK" };
    await expect(client.query("SELECT", ["auto"])).rejects.toMatchObject(refused);
    await expect(client.use("COPY", nothing)).rejects.toMatchObject(refused);
  });
});

test("a use is one pool:query for listeners, with the rows that it says", async () => {
  const client = clientOf(new FakeDatabase());
  const seen: unknown[] = [];
  const listeners = { asyncEnd: (event: object) => void seen.push({ ...event }) };
  traced("pool:query").subscribe(listeners as never);
  await client.use("COPY", async () => ({ rowCount: 3 }));
  traced("pool:query").unsubscribe(listeners as never);
  expect(seen).toMatchObject([{ statement: "COPY", rowCount: 3 }]);
});

test("in a transaction it is inside, is waited for before COMMIT, and fails it when nobody awaits it", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await client.transaction(async (tx) => {
    void tx.use("COPY", async (connection) => {
      await settle();
      connection.log.push("(copied)");
    });
  });
  expect(database.log).toEqual(["BEGIN", "(copied)", "COMMIT"]);
  const failed = client.transaction(async (tx) => {
    tx.use("COPY", () => Promise.reject(new Error("no"))).catch(() => undefined);
  });
  await expect(failed).rejects.toThrow("no");
  expect(database.log.slice(-2)).toEqual(["BEGIN", "ROLLBACK"]);
});

test("it obeys the rules of transactions: refused beside a savepoint, beside a transaction, and after the end", async () => {
  const client = clientOf(new FakeDatabase());
  const busy = { code: "TRANSACTION_BUSY" };
  const escaped = await client.session(async (session) => {
    await session.transaction(async (tx) => {
      await expect(session.use("COPY", nothing)).rejects.toMatchObject(busy);
      await tx.transaction(async (inner) => {
        await expect(tx.use("COPY", nothing)).rejects.toMatchObject(busy);
        await inner.use("COPY", nothing);
      });
    });
    await session.begin();
    await session.use("COPY", async (connection) => expect(connection.inTransaction).toBe(true));
    await session.rollback();
    return session;
  });
  await expect(escaped.use("COPY", nothing)).rejects.toMatchObject({ code: "SESSION_ENDED" });
});

test("its signal tells of an abort and of an own timeout; queryTimeout is not for it", async () => {
  const clock = new ManualClock();
  const client = clientOf(new FakeDatabase(), {}, { clock, queryTimeout: 100 });
  const untilAborted = (_: Connection, { signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((__, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
  const ended: unknown[] = [];
  const watch = (running: Promise<unknown>): void => void running.catch((error: unknown) => ended.push(error));
  const controller = new AbortController();
  watch(client.use("COPY", untilAborted, { signal: controller.signal }));
  watch(client.use("COPY", untilAborted, { timeout: 5_000 }));
  await clock.advance(4_999);
  expect(ended).toEqual([]);
  await clock.advance(1);
  expect(ended).toMatchObject([{ code: "QUERY_TIMEOUT" }]);
  controller.abort("enough");
  await settle();
  expect(ended[1]).toBe("enough");
  expect(client.pool.stats).toMatchObject({ leased: 0, size: 2 });
});

test("one that does not settle after the abort loses its connection within cancelTimeout", async () => {
  const clock = new ManualClock();
  const database = new FakeDatabase();
  const client = clientOf(database, {}, { clock, cancelTimeout: 300 });
  const controller = new AbortController();
  const using = client.use("COPY", () => new Promise<never>(() => undefined), { signal: controller.signal });
  const failed = expect(using).rejects.toBe("enough");
  await settle();
  controller.abort("enough");
  await clock.advance(299);
  expect(client.pool.stats.leased).toBe(1);
  await clock.advance(1);
  await failed;
  expect(database.connections[0]?.closed).toBe(true);
});

test("the transaction's own signal reaches a use inside it", async () => {
  const client = clientOf(new FakeDatabase());
  const controller = new AbortController();
  const running = client.transaction(
    async (tx) => {
      await tx.use("COPY", async (_, { signal }) => {
        controller.abort("enough");
        expect(signal.aborted).toBe(true);
      });
    },
    { signal: controller.signal },
  );
  await expect(running).rejects.toBe("enough");
});

test("a use whose connection is lost ends the session, and closes the connection", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await client.session(async (session) => {
    const lost = session.use("COPY", () => Promise.reject(new DatabaseError("lost", "gone")));
    await expect(lost).rejects.toThrow("gone");
    await expect(session.query("SELECT", ["auto"])).rejects.toMatchObject({ code: "RESOURCE_LOST" });
  });
  expect(database.connections[0]?.closed).toBe(true);
});

test("inside withoutConnection a use borrows for itself", async () => {
  const client = clientOf(new FakeDatabase());
  await client.session(async (session) => {
    await session.withoutConnection(async () => {
      await session.use("COPY", async () => expect(client.pool.stats.leased).toBe(1));
      expect(client.pool.stats.leased).toBe(0);
    });
  });
});

test("a work that throws at once rejects, and gives the connection back", async () => {
  const client = clientOf(new FakeDatabase());
  const using = client.use("COPY", () => {
    throw new Error("at once");
  });
  await expect(using).rejects.toThrow("at once");
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1 });
});

test("an aborted signal starts no work and borrows nothing", async () => {
  const client = clientOf(new FakeDatabase());
  const leases: unknown[] = [];
  const count = (event: unknown): void => void leases.push(event);
  moment("pool:lease").subscribe(count);
  await expect(client.use("COPY", nothing, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  moment("pool:lease").unsubscribe(count);
  expect(leases).toEqual([]);
});

test.each([
  ["no name", ["", nothing], "use: statement must be a statement that is not empty"],
  ["no work", ["COPY", 7], "use: work must be a function"],
  ["an unknown option", ["COPY", nothing, { rowMode: "array" }], 'use takes no option "rowMode"'],
  ["a timeout of 0", ["COPY", nothing, { timeout: 0 }], "use: timeout must be more than 0 ms"],
])("%s is refused with INVALID_ARGUMENT everywhere, and nothing is borrowed", async (_, call, message) => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining(message) as string };
  const use = (on: unknown): Promise<unknown> => (on as { use: (...args: unknown[]) => Promise<unknown> }).use(...call);
  await expect(use(client)).rejects.toMatchObject(refused);
  expect(database.connections).toEqual([]);
  await client.session(async (session) => await expect(use(session)).rejects.toMatchObject(refused));
  await expect(client.transaction(use)).rejects.toMatchObject(refused);
});

test("a use that is read from refuses what the session or transaction is asked meanwhile, and nothing afterwards", async () => {
  const client = clientOf(new FakeDatabase());
  const reading = (target: Pick<typeof client, "use" | "query">) => async () => {
    const ended = Promise.withResolvers<undefined>();
    const using = target.use("SELECT 'secret'", () => ended.promise, { alone: true });
    const meanwhile = target.query("SELECT", ["auto"]);
    await expect(meanwhile).rejects.toMatchObject({ code: "SESSION_BUSY" });
    await expect(meanwhile).rejects.not.toThrow("secret");
    ended.resolve(undefined);
    await using;
    await target.query("SELECT", ["auto"]);
  };
  await client.session(async (session) => {
    await reading(session)();
    expect(session.inTransaction).toBe(false);
    await session.begin();
    await reading(session)();
    await session.commit();
  });
  await client.transaction(async (tx) => {
    const ended = Promise.withResolvers<undefined>();
    const using = tx.use("SELECT", () => ended.promise, { alone: true });
    await expect(tx.transaction(async () => undefined)).rejects.toMatchObject({ code: "SESSION_BUSY" });
    ended.resolve(undefined);
    await using;
    await tx.transaction(async (inner) => await reading(inner)());
  });
});
