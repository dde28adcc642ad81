import { expect, test } from "vitest";
import type { SqlClient, Transaction } from "../../src/transaction/index.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { clientOf, FakeDatabase, type Connection } from "./fake-database.js";

const POOL = { maxSize: 1, keepAliveInterval: "never", idleTimeout: "never" } as const;
const [LIMIT, TOLD, GIVEN_UP] = [500, 25, 1_000];

/** A database whose replies can stop, under a client whose statements have half a second and whose cancels have a second. */
function setUp() {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const client = clientOf(database, POOL, { clock, queryTimeout: LIMIT, cancelTimeout: GIVEN_UP });
  const goDeaf = (): void => void (database.fault = () => "deaf");
  return { database, clock, client, goDeaf };
}

type Running = (client: SqlClient<Connection>, goDeaf: () => void, signal: AbortSignal) => Promise<unknown>;
const never = (): Promise<never> => new Promise(() => undefined);

test.each<[string, object | string, Running]>([
  ["COMMIT", { code: "OUTCOME_UNKNOWN" }, (client, goDeaf) => client.transaction(async () => goDeaf())],
  [
    "ROLLBACK after a throw",
    { message: "mine" },
    (client, goDeaf) =>
      client.transaction(async () => {
        goDeaf();
        throw new Error("mine");
      }),
  ],
  [
    "SAVEPOINT",
    { code: "QUERY_TIMEOUT" },
    (client, goDeaf) =>
      client.transaction(async (tx) => {
        goDeaf();
        await tx.transaction(async () => undefined);
      }),
  ],
  [
    "RELEASE SAVEPOINT",
    { code: "QUERY_TIMEOUT" },
    (client, goDeaf) => client.transaction((tx) => tx.transaction(async () => goDeaf())),
  ],
  [
    "a statement of a transaction that nobody awaits when its work throws",
    { message: "mine" },
    (client, goDeaf) =>
      client.transaction(async (tx) => {
        goDeaf();
        tx.query("SELECT", ["t"]).catch(() => undefined);
        throw new Error("mine");
      }),
  ],
  [
    "the signal of a transaction whose work waits elsewhere",
    "stop",
    (client, goDeaf, signal) =>
      client.transaction(
        async () => {
          goDeaf();
          await never();
        },
        { signal },
      ),
  ],
  ["a use with a timeout", { code: "QUERY_TIMEOUT" }, (client) => client.use("COPY", never, { timeout: LIMIT })],
  ["a use with a signal", "stop", (client, _, signal) => client.use("COPY", never, { signal })],
  [
    "a use in a transaction whose signal aborts",
    "stop",
    (client, goDeaf, signal) =>
      client.transaction(
        async (tx) => {
          goDeaf();
          await tx.use("COPY", never);
        },
        { signal },
      ),
  ],
])(
  "of a server that answers nothing any more, %s tells within 25 ms of its limit; the connection is closed behind it",
  async (_, reason, start) => {
    const { clock, client, goDeaf } = setUp();
    const controller = new AbortController();
    let told: unknown;
    const running = start(client, goDeaf, controller.signal);
    running.catch((error: unknown) => (told = error));
    clock.setTimeout(() => controller.abort("stop"), LIMIT);
    await clock.advance(LIMIT - 1);
    expect(told).toBeUndefined();
    await clock.advance(1 + TOLD);
    if (typeof reason === "string") expect(told).toBe(reason);
    else expect(told).toMatchObject(reason);
    expect(client.pool.stats.leased).toBe(1);
    await clock.advance(GIVEN_UP);
    expect(client.pool.stats).toMatchObject({ leased: 0, size: 0 });
  },
);

test("a statement timeout in a transaction is told early, and the rollback runs behind its cancel", async () => {
  const { database, clock } = setUp();
  const cancelled = Promise.withResolvers<undefined>();
  const { driver } = database;
  const client = clientOf(database, POOL, {
    clock,
    queryTimeout: LIMIT,
    driver: {
      ...driver,
      async query(connection, text, values, options) {
        if (text !== "SELECT") return await driver.query(connection, text, values, options);
        await cancelled.promise;
        throw new Error("cancelled by the server");
      },
    },
  });
  let told: unknown;
  const running = client.transaction((tx: Transaction) => tx.query("SELECT", ["t"]));
  running.catch((error: unknown) => (told = error));
  await clock.advance(LIMIT + TOLD);
  expect(told).toMatchObject({ code: "QUERY_TIMEOUT" });
  expect(client.pool.stats.leased).toBe(1);
  const timers = clock.pending;
  await clock.advance(100);
  cancelled.resolve(undefined);
  await settle();
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { destroyed: 0, closed: 0 } });
  expect(clock.pending).toBeLessThan(timers);
});

test("of an aborted transaction a ROLLBACK that takes its time is not waited for, and costs no connection", async () => {
  const { database, clock, client } = setUp();
  const controller = new AbortController();
  const running = client.transaction(never, { signal: controller.signal });
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  database.latency = () => new Promise((resolve) => clock.setTimeout(resolve, 300));
  controller.abort("stop");
  await clock.advance(TOLD);
  await failed;
  expect(client.pool.stats.leased).toBe(1);
  await clock.advance(300);
  expect(database.log).toEqual(["BEGIN", "ROLLBACK"]);
  expect(client.pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { destroyed: 0, closed: 0 } });
  await clock.advance(GIVEN_UP);
  expect(client.pool.stats).toMatchObject({ idle: 1, totals: { destroyed: 0, closed: 0 } });
});

test("what a session is asked behind a rollback that goes on by itself waits for it", async () => {
  const { database, clock, client } = setUp();
  const controller = new AbortController();
  await client.session(async (session) => {
    const running = session.transaction(never, { signal: controller.signal });
    const failed = expect(running).rejects.toBe("stop");
    await settle();
    database.latency = () => new Promise((resolve) => clock.setTimeout(resolve, 300));
    controller.abort("stop");
    await clock.advance(TOLD);
    await failed;
    const next = session.query("SELECT", ["auto"]);
    await clock.advance(600);
    await next;
  });
  expect(database.log).toEqual(["BEGIN", "ROLLBACK", "SELECT auto"]);
  expect(database.violations).toEqual([]);
});
