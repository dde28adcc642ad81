import { expect, test } from "vitest";
import { createPool } from "../../src/pool/index.js";
import { createSqlClient, type SqlClient, type SqlClientOptions, type SqlDriver } from "../../src/transaction/index.js";
import { hang } from "../support/fake-backend.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { errorOf, poolErrorOf, watch } from "../support/pool.js";

const fail = (): never => {
  throw new TypeError("Cannot read properties of undefined");
};

/** A client over a driver that is as the test says. */
function crooked(driver: Partial<SqlDriver<object>>, options: Partial<SqlClientOptions<object>> = {}) {
  const clock = new ManualClock();
  const factory = { kind: "crooked", create: async () => ({}), close: () => undefined };
  const pool = createPool(factory, { maxSize: 2, clock, keepAliveInterval: "never", idleTimeout: "never" });
  const client: SqlClient<object> = createSqlClient<object>({
    pool,
    clock,
    driver: {
      query: async () => ({ rows: [], rowCount: 0 }),
      begin: () => ["BEGIN"],
      isRetryable: () => false,
      isConnectionLost: () => false,
      ...driver,
    },
    ...options,
  });
  return { client, pool, clock };
}

const refused = new Error("refused");
const refuse = (_: object, text: string) =>
  text === "SELECT" ? Promise.reject(refused) : Promise.resolve({ rows: [], rowCount: 0 });

test("an isConnectionLost that throws leaves the caller its own error, and the connection is closed", async () => {
  const { client, pool } = crooked({ query: refuse, isConnectionLost: fail });
  const query = watch(client.query("SELECT"));
  await settle();
  expect(query).toEqual({ state: "rejected", error: refused });
  expect(await errorOf(client.use("COPY", () => Promise.reject(refused)))).toBe(refused);
  expect(await errorOf(client.session((session) => session.query("SELECT")))).toBe(refused);
  expect(await errorOf(client.transaction((tx) => tx.query("SELECT")))).toBe(refused);
  expect(pool.stats).toMatchObject({ size: 0, totals: { destroyed: 4 } });
});

test("an isRetryable that throws runs nothing again, and lets nothing more run in a transaction that has failed", async () => {
  const asked: string[] = [];
  const query = (resource: object, text: string) => {
    asked.push(text);
    return refuse(resource, text);
  };
  const { client, pool } = crooked({ query, isRetryable: fail });
  const work = client.transaction(
    async (tx) => {
      expect(await errorOf(tx.query("SELECT"))).toBe(refused);
      await tx.query("INSERT");
    },
    { retries: 3 },
  );
  await poolErrorOf(work, "TRANSACTION_ENDED");
  expect(asked).toEqual(["BEGIN", "SELECT", "ROLLBACK"]);
  expect(pool.stats).toMatchObject({ leased: 0, idle: 1 });
});

test("a driver that throws when asked for its transactions is one that does not know of them", async () => {
  const { client, pool } = crooked({ inTransaction: fail, transactionsEnded: fail });
  expect(await client.transaction(async (tx) => (await tx.query("SELECT")).rowCount)).toBe(0);
  expect(await errorOf(client.transaction(() => Promise.reject(refused)))).toBe(refused);
  await client.session((session) => session.withoutConnection(() => session.query("SELECT")));
  expect(pool.stats).toMatchObject({ leased: 0, totals: { destroyed: 0 } });
});

test.each([
  ["throws", fail],
  ["rejects", () => Promise.reject(new Error("no cancel today"))],
] as const)("of a cancel that %s, statements end as of one that has no effect", async (_how, asked) => {
  const cancel = asked as () => void; // an async function fits the type as well
  const { client, pool, clock } = crooked({ query: hang, cancel }, { queryTimeout: 100, cancelTimeout: 200 });
  const controller = new AbortController();
  const [first, second] = [watch(client.query("first")), watch(client.query("second"))];
  await clock.advance(150);
  for (const { error } of [first, second]) expect(error).toMatchObject({ code: "QUERY_TIMEOUT" });
  const third = watch(client.query("third", [], { signal: controller.signal }));
  await clock.advance(200);
  controller.abort("enough");
  await clock.advance(25);
  expect(third.error).toBe("enough");
  await clock.advance(200);
  expect(pool.stats).toMatchObject({ leased: 0, totals: { destroyed: 3 } });
});
