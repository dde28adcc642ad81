import { expect, test } from "vitest";
import { PoolError } from "../../src/errors.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { clientOf, DatabaseError, FakeDatabase } from "./fake-database.js";

function setUp(random = () => 1) {
  const database = new FakeDatabase();
  const clock = new ManualClock();
  const client = clientOf(
    database,
    { maxSize: 1, keepAliveInterval: "never", idleTimeout: "never" },
    { clock, random },
  );
  return { database, clock, client };
}

test("runs the whole work again after a serialization failure, on a fresh transaction", async () => {
  const { database, client, clock } = setUp();
  let runs = 0;
  database.fault = (text) => (text === "COMMIT" && runs < 3 ? "serialization" : undefined);
  const running = client.transaction(
    async (tx) => {
      const run = ++runs;
      await tx.query("INSERT", [`t${String(run)}`, `row of run ${String(run)}`]);
      return run;
    },
    { retries: 2 },
  );
  await clock.advance(30);
  expect(await running).toBe(3);
  expect(database.committed).toEqual(["row of run 3"]);
  expect(database.log.filter((text) => text === "BEGIN").length).toBe(3);
});

test("rejects with the last failure when the retries are used up, and runs once without any", async () => {
  const { database, client, clock } = setUp();
  database.fault = (text) => (text === "INSERT" ? "serialization" : undefined);
  for (const retries of [undefined, 0, 2]) {
    let runs = 0;
    const running = client.transaction(
      (tx) => {
        runs++;
        return tx.query("INSERT", ["t", "a"]);
      },
      retries === undefined ? {} : { retries },
    );
    const failed = expect(running).rejects.toThrow("could not serialize");
    await clock.advance(100);
    await failed;
    expect(runs).toBe(1 + (retries ?? 0));
  }
});

test("waits up to 10 ms, 20 ms, 40 ms … 1 s between the runs, at random, and holds no connection meanwhile", async () => {
  const waits: number[] = [];
  const { database, client, clock } = setUp();
  database.fault = (text) => (text === "INSERT" ? "serialization" : undefined);
  let last = clock.now();
  const running = client.transaction(
    (tx) => {
      waits.push(clock.now() - last);
      last = clock.now();
      return tx.query("INSERT", ["t", "a"]);
    },
    { retries: 9 },
  );
  running.catch(() => undefined);
  await clock.advance(5);
  expect(client.pool.stats.leased).toBe(0);
  await clock.advance(10_000);
  await expect(running).rejects.toThrow("could not serialize");
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
});

test("the random number scales the wait down to nothing", async () => {
  const { database, client, clock } = setUp(() => 0.5);
  let runs = 0;
  database.fault = (text) => (text === "INSERT" && runs === 1 ? "serialization" : undefined);
  const running = client.transaction((tx) => tx.query("INSERT", [`t${String(++runs)}`, "a"]), { retries: 1 });
  await clock.advance(4.9);
  expect(runs).toBe(1);
  await clock.advance(0.1);
  await running;
  expect(runs).toBe(2);
});

test("an abort ends the back-off with the signal's reason", async () => {
  const { database, client, clock } = setUp();
  database.fault = (text) => (text === "INSERT" ? "serialization" : undefined);
  const controller = new AbortController();
  let runs = 0;
  const running = client.transaction(
    (tx) => {
      runs++;
      return tx.query("INSERT", ["t", "a"]);
    },
    { retries: 5, signal: controller.signal },
  );
  const failed = expect(running).rejects.toBe("stop");
  await settle();
  controller.abort("stop");
  await failed;
  await clock.advance(10_000);
  expect(runs).toBe(1);
  expect(client.pool.stats).toMatchObject({ leased: 0, waiting: 0 });
});

test("an abort during the last run counts more than its failure, and no other run follows", async () => {
  const { database, client } = setUp();
  const controller = new AbortController();
  let runs = 0;
  database.fault = (text) => (text === "COMMIT" ? "serialization" : undefined);
  database.latency = async () => {
    if (database.log.at(-1) === "COMMIT") controller.abort("stop");
  };
  const running = client.transaction(
    async () => {
      runs++;
    },
    { retries: 3, signal: controller.signal },
  );
  await expect(running).rejects.toBe("stop");
  expect(runs).toBe(1);
});

test.each([
  ["an error of the work", new Error("no"), 1],
  ["a refused statement", new DatabaseError("refused", "no"), 1],
  ["a lost connection", new DatabaseError("lost", "no"), 1],
  [
    "an unknown outcome, whatever its cause",
    new PoolError("OUTCOME_UNKNOWN", "no", { cause: new DatabaseError("serialization", "no") }),
    1,
  ],
  [
    "a failure that a query builder has wrapped",
    new Error("Failed query", { cause: new DatabaseError("serialization", "no") }),
    3,
  ],
])("%s is run again or not as it should", async (_, error, expected) => {
  const { client, clock } = setUp();
  let runs = 0;
  const running = client.transaction(
    () => {
      runs++;
      return Promise.reject(error);
    },
    { retries: 2 },
  );
  const failed = expect(running).rejects.toBe(error);
  await clock.advance(100);
  await failed;
  expect(runs).toBe(expected);
});

test("a cause that leads back to itself ends the search", async () => {
  const { client } = setUp();
  const error = new Error("loop");
  error.cause = error;
  await expect(client.transaction(() => Promise.reject(error), { retries: 1 })).rejects.toBe(error);
});

test("a failure that the work has swallowed runs it again too, since what it read is void", async () => {
  const { database, client, clock } = setUp();
  let runs = 0;
  database.fault = (text) => (text === "SELECT" && runs === 1 ? "serialization" : undefined);
  const running = client.transaction(
    async (tx) => {
      runs++;
      await tx.query("SELECT", [`t${String(runs)}`]).catch(() => undefined);
      return runs;
    },
    { retries: 1 },
  );
  await clock.advance(10);
  expect(await running).toBe(2);
});

test("a nested level is never run again by itself", async () => {
  const { database, client, clock } = setUp();
  let [outer, inner] = [0, 0];
  database.fault = (text) => (text === "INSERT" && inner === 1 ? "serialization" : undefined);
  const running = client.transaction(
    (tx) => {
      outer++;
      return tx.transaction((nested) => nested.query("INSERT", [`s${String(++inner)}`, "a"]));
    },
    { retries: 1 },
  );
  await clock.advance(10);
  await running;
  expect([outer, inner]).toEqual([2, 2]);
});
