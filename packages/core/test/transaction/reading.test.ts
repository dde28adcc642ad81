import { expect, test } from "vitest";
import type { SqlTarget } from "../../src/transaction/index.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { clientOf, FakeDatabase, type Connection } from "./fake-database.js";

const nothing = async (): Promise<void> => undefined;
const busy = { code: "SESSION_BUSY" };

/** A reader that stays until it is stopped or goes, as the loop over a stream does. */
function read(target: SqlTarget<Connection>, settles = true) {
  const left = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const told = target
    .use(
      "SELECT 'secret'",
      async (_, { signal }) => {
        if (settles) signal.addEventListener("abort", () => left.resolve(undefined));
        begun.resolve(undefined);
        await left.promise;
      },
      { alone: true },
    )
    .then(
      () => "read to the end",
      (error: unknown) => error,
    );
  return { begun: begun.promise, told, leave: () => left.resolve(undefined) };
}

test("a session that is read from refuses at once what could only wait for its reader, and goes on afterwards", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await client.session(async (session) => {
    const reader = read(session);
    await reader.begun;
    await expect(session.transaction(nothing)).rejects.toMatchObject(busy);
    await expect(session.begin()).rejects.toMatchObject(busy);
    await expect(session.withoutConnection(nothing)).rejects.toMatchObject(busy);
    await expect(session.use("COPY", nothing, { alone: true })).rejects.toMatchObject(busy);
    reader.leave();
    expect(await reader.told).toBe("read to the end");
    await session.transaction(nothing);
    await session.withoutConnection(nothing);
  });
  expect(database.log).toEqual(["BEGIN", "COMMIT"]);
});

test("commit is refused while the transaction is read from, and leaves it open", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await client.session(async (session) => {
    await session.begin();
    const reader = read(session);
    await expect(session.commit()).rejects.toMatchObject(busy);
    reader.leave();
    await reader.told;
    await session.commit();
  });
  expect(database.log).toEqual(["BEGIN", "COMMIT"]);
});

test("rollback stops the reader, who hears that the transaction has ended, and rolls back behind it", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  await client.session(async (session) => {
    await session.begin();
    const reader = read(session);
    await session.rollback();
    expect(await reader.told).toMatchObject({ code: "TRANSACTION_ENDED" });
    await session.query("SELECT", ["auto"]);
  });
  expect(database.log).toEqual(["BEGIN", "ROLLBACK", "SELECT auto"]);
});

test.each([
  ["in automatic mode", false, []],
  ["in a transaction that it left open", true, ["BEGIN", "ROLLBACK"]],
])("the end of a session stops its reader, %s", async (_, begins, log) => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const session = await client.openSession();
  if (begins) await session.begin();
  const reader = read(session);
  await reader.begun;
  await session[Symbol.asyncDispose]();
  expect(await reader.told).toMatchObject({ code: "SESSION_ENDED" });
  expect(database.log).toEqual(log);
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1 });
});

test("a reader that the work of a transaction or savepoint left behind is stopped, and fails it", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const failed = client.transaction(async (tx) => void read(tx));
  await expect(failed).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  await client.transaction(async (tx) => {
    const inner = tx.transaction(async (savepoint) => void read(savepoint));
    await expect(inner).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    await tx.query("INSERT", ["t", "a"]);
  });
  expect(database.committed).toEqual(["a"]);
  expect(database.log.slice(0, 2)).toEqual(["BEGIN", "ROLLBACK"]);
});

test("a reader that has not had its turn is stopped as well, and never starts", async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const session = await client.openSession();
  const before = Promise.withResolvers<undefined>();
  const using = session.use("COPY", () => before.promise);
  const reader = read(session);
  const ending = session[Symbol.asyncDispose]();
  expect(await reader.told).toMatchObject({ code: "SESSION_ENDED" });
  before.resolve(undefined);
  await Promise.all([using, ending]);
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1 });
});

test("a reader that does not heed its signal loses its connection within cancelTimeout", async () => {
  const clock = new ManualClock();
  const database = new FakeDatabase();
  const client = clientOf(database, {}, { clock, cancelTimeout: 300 });
  const session = await client.openSession();
  const reader = read(session, false);
  await reader.begun;
  const ending = session[Symbol.asyncDispose]();
  await clock.advance(300);
  await ending;
  expect(await reader.told).toMatchObject({ code: "SESSION_ENDED" });
  await settle();
  expect(database.connections[0]?.closed).toBe(true);
});
