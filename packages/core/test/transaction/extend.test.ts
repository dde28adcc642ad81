import { expect, expectTypeOf, test } from "vitest";
import { createPool } from "../../src/pool/index.js";
import {
  createSqlClient,
  type Queryable,
  type SqlTarget,
  type Session,
  type SqlResult,
  type Transaction,
} from "../../src/transaction/index.js";
import { FakeDatabase, type Connection } from "./fake-database.js";

interface Extras {
  insert(scope: string, row: string): Promise<number>;
  twice(scope: string, row: string): Promise<number>;
  load(rows: readonly string[]): Promise<number>;
}

const extend: Extras & ThisType<SqlTarget<Connection> & Extras> = {
  async insert(scope, row) {
    return (await this.query("INSERT", [scope, row])).rowCount;
  },
  async load(rows) {
    return await this.use("LOAD", async (connection, { signal }) => await connection.load(rows, signal));
  },
  async twice(scope, row) {
    return (await this.insert(scope, `${row}1`)) + (await this.insert(scope, `${row}2`));
  },
};

function setUp() {
  const database = new FakeDatabase();
  const pool = createPool(database.factory, { maxSize: 2 });
  return { database, client: createSqlClient<Connection, Extras>({ pool, driver: database.driver, extend }) };
}

test("an adapter's methods are on the client, sessions, transactions, savepoints and manual transactions", async () => {
  const { database, client } = setUp();
  await client.twice("auto", "a");
  await client.session(async (session) => {
    await session.twice("auto", "b");
    await session.transaction(async (tx) => {
      await tx.twice("t", "c");
      await tx.transaction(async (inner) => await inner.twice("s", "d"));
    });
    await session.begin();
    await session.insert("m", "e");
    await session.transaction(async (inner) => await inner.insert("n", "f"));
    await session.commit();
  });
  await using opened = await client.openSession();
  await opened.insert("auto", "g");
  await client.sandbox(async (tx) => await tx.insert("x", "gone"));
  expect(database.committed.join(" ")).toBe("a1 a2 b1 b2 c1 c2 d1 d2 e f g");
  expect(database.violations).toEqual([]);
});

test("a method over use runs on the connection of what it is called on", async () => {
  const { database, client } = setUp();
  expect(await client.load(["a", "b"])).toBe(2);
  await client.transaction(async (tx) => {
    await tx.insert("t", "c");
    await tx.load(["d"]);
  });
  expect(database.log).toEqual(["(loaded a,b)", "BEGIN", "INSERT t c", "(loaded d)", "COMMIT"]);
});

test("the client's methods stand alone, and those of sessions are made once for all", async () => {
  const { database, client } = setUp();
  const { twice } = { ...client };
  expect(await twice("auto", "a")).toBe(2);
  const [one, other] = await Promise.all([client.openSession(), client.openSession()]);
  expect(one.insert).toBe(other.insert);
  expect(Object.keys(one)).toEqual([]);
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  expect(database.committed).toEqual(["a1", "a2"]);
});

test("two clients of one process do not see each other's methods", async () => {
  const { client } = setUp();
  const database = new FakeDatabase();
  const plain = createSqlClient({ pool: createPool(database.factory), driver: database.driver });
  await client.session(async (session) => expect("insert" in session).toBe(true));
  await plain.session(async (session) => expect("insert" in session).toBe(false));
  expect("insert" in plain).toBe(false);
});

test.each([
  ["a name that is taken", { query: () => undefined }, "extend.query would hide"],
  ["a name that sessions have", { withoutConnection: () => undefined }, "extend.withoutConnection would hide"],
  ["a name that the client has", { pool: () => undefined }, "extend.pool would hide"],
  ["what is no method", { stream: 7 }, "extend.stream must be a function"],
  ["what is no object", "stream", "extend must be an object"],
])("%s is refused with INVALID_ARGUMENT", (_, wrong, message) => {
  const database = new FakeDatabase();
  const pool = createPool(database.factory);
  const make = (): unknown => createSqlClient({ pool, driver: database.driver, extend: wrong as never });
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error);
  expect(make).toThrow(message);
});

test("types: an adapter's methods and its resource reach the works; without any the plain handles are what they were", () => {
  const { client } = setUp();
  expectTypeOf(() => client.session((session) => session.insert("a", "b"))).returns.resolves.toEqualTypeOf<number>();
  expectTypeOf(() =>
    client.transaction((tx) => tx.transaction((inner) => inner.insert("a", "b"))),
  ).returns.resolves.toEqualTypeOf<number>();
  expectTypeOf(() => client.use("x", async (connection) => connection.id)).returns.resolves.toEqualTypeOf<number>();
  expectTypeOf<Transaction>().toExtend<Queryable>();
  expectTypeOf<Transaction<Connection, Extras>>().toExtend<Transaction>();
  expectTypeOf<Session<Connection, Extras>>().toExtend<Session>();
  const rows = (on: Queryable): Promise<SqlResult<{ id: number }>> => on.query<{ id: number }>({ text: "SELECT" });
  expectTypeOf(rows).toBeFunction();
  // @ts-expect-error a plain session has no such method
  expectTypeOf<Session["insert"]>();
});
