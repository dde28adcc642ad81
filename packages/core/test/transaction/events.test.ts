import { afterEach, expect, test } from "vitest";
import { traced } from "../../src/events.js";
import { onEvent } from "../../src/on-event.js";
import { ManualClock } from "../support/manual-clock.js";
import { clientOf, FakeDatabase, type Fault } from "./fake-database.js";

const transactions = traced("pool:transaction");
const queries = traced("pool:query");
const unsubscribe: (() => void)[] = [];

afterEach(() => unsubscribe.splice(0).forEach((stop) => stop()));

function listen(): { started: unknown[]; ended: unknown[]; statements: string[] } {
  const heard = { started: [] as unknown[], ended: [] as unknown[], statements: [] as string[] };
  const onTransaction = {
    start: (event: object) => void heard.started.push({ ...event }),
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: (event: object) => {
      const { error, result: _, ...rest } = event as { error?: { code?: string; message: string }; result?: unknown };
      heard.ended.push(error === undefined ? rest : { ...rest, error: error.code ?? error.message });
    },
    error: () => undefined,
  };
  const onQuery = {
    ...onTransaction,
    start: ({ statement }: { statement: string }) => void heard.statements.push(statement),
    asyncEnd: () => undefined,
  };
  transactions.subscribe(onTransaction);
  queries.subscribe(onQuery);
  unsubscribe.push(
    () => transactions.unsubscribe(onTransaction),
    () => queries.unsubscribe(onQuery),
  );
  return heard;
}

function setUp(faults: Readonly<Record<string, Fault>> = {}) {
  const database = new FakeDatabase();
  database.fault = (text) => faults[text];
  const clock = new ManualClock();
  return { database, clock, client: clientOf(database, { keepAliveInterval: "never" }, { clock, random: () => 0 }) };
}

const named = { pool: "main", label: "order" };

test("a transaction and its savepoints are told of, with depth and outcome", async () => {
  const { client } = setUp();
  const heard = listen();
  await client.transaction(
    async (tx) => {
      await tx.transaction(async () => undefined);
      await tx.transaction(() => Promise.reject(new Error("no"))).catch(() => undefined);
    },
    { label: "order" },
  );
  expect(heard.started).toEqual([
    { ...named, depth: 0, attempt: 1 },
    { ...named, depth: 1, attempt: 1 },
    { ...named, depth: 1, attempt: 1 },
  ]);
  expect(heard.ended).toEqual([
    { ...named, depth: 1, attempt: 1, outcome: "committed" },
    { ...named, depth: 1, attempt: 1, outcome: "rolled back", error: "no" },
    { ...named, depth: 0, attempt: 1, outcome: "committed" },
  ]);
});

test("one statement begins with its loan and its return is its end, at one look at the clock each; a later one in a session begins by itself", async () => {
  const { client, clock } = setUp();
  await client.query("SELECT", ["a"]);
  const read = clock.now.bind(clock);
  let reads = 0;
  clock.now = () => read() + ++reads / 1_000;
  const told: Record<string, number>[] = [];
  const heard = (event: object): void => void told.push(event as Record<string, number>);
  using _lease = onEvent("pool:lease", heard);
  using _statement = onEvent("pool:statement:anywhere", heard);
  using _release = onEvent("pool:release:anywhere", heard);
  await client.query("SELECT", ["a"]);
  const [lease, statement, release] = told.splice(0) as [...Record<string, number>[]] & { length: 3 };
  expect(statement?.startedAt).toBe(lease?.leasedAt);
  expect(release?.releasedAt).toBeCloseTo((statement?.startedAt ?? 0) + (statement?.durationMs ?? 0), 6);
  expect(statement?.durationMs).toBeGreaterThan(0);
  await client.session(async (session) => {
    await clock.advance(5);
    await session.query("SELECT", ["a"]);
  });
  const [lent, later] = told;
  expect((later?.startedAt ?? 0) - (lent?.leasedAt ?? 0)).toBeGreaterThanOrEqual(5);
});

test("each run of a retried transaction is told of with its number", async () => {
  const { client, clock, database } = setUp();
  let runs = 0;
  database.fault = (text) => (text === "COMMIT" && runs < 2 ? "serialization" : undefined);
  const heard = listen();
  const running = client.transaction(
    async () => {
      runs++;
    },
    { retries: 1, label: "order" },
  );
  await clock.advance(20);
  await running;
  expect(heard.ended).toMatchObject([
    { attempt: 1, outcome: "rolled back", error: "could not serialize: COMMIT" },
    { attempt: 2, outcome: "committed" },
  ]);
});

test("an unknown outcome is told as one, and a sandbox as rolled back", async () => {
  const { client } = setUp({ COMMIT: "reply lost" });
  const heard = listen();
  await client.transaction(async () => undefined).catch(() => undefined);
  await client.sandbox(async () => undefined);
  await client.transaction(async () => undefined, { readOnly: true }).catch(() => undefined);
  expect(heard.ended).toMatchObject([
    { outcome: "unknown", error: "OUTCOME_UNKNOWN" },
    { outcome: "rolled back" },
    { outcome: "rolled back", error: "RESOURCE_LOST" },
  ]);
});

test("a transaction by hand is told of from begin to its end, and one left open as such", async () => {
  const { client } = setUp();
  const heard = listen();
  await client
    .session(
      async (session) => {
        await session.begin();
        await session.query("INSERT", ["t", "a"]);
        expect(heard.ended).toEqual([]);
        await session.commit();
        await session.begin();
        await session.rollback();
        await session.begin();
      },
      { label: "order" },
    )
    .catch(() => undefined);
  expect(heard.ended).toEqual([
    { ...named, depth: 0, attempt: 1, outcome: "committed" },
    { ...named, depth: 0, attempt: 1, outcome: "rolled back" },
    { ...named, depth: 0, attempt: 1, outcome: "rolled back", error: "TRANSACTION_OPEN" },
  ]);
});

test("a transaction by hand whose COMMIT was lost is told as unknown", async () => {
  const { client } = setUp({ COMMIT: "reply lost" });
  const heard = listen();
  await client.session(async (session) => {
    await session.begin();
    await session.commit().catch(() => undefined);
  });
  expect(heard.ended).toMatchObject([{ depth: 0, outcome: "unknown", error: "OUTCOME_UNKNOWN" }]);
});

test("every statement is told of as a query, those of the transaction itself as well", async () => {
  const { client } = setUp();
  const heard = listen();
  await client.transaction((tx) => tx.transaction((inner) => inner.query("INSERT", ["s", "secret value"])));
  expect(heard.statements).toEqual([
    "BEGIN",
    'SAVEPOINT "pool_savepoint_1"',
    "INSERT",
    'RELEASE SAVEPOINT "pool_savepoint_1"',
    "COMMIT",
  ]);
  expect(JSON.stringify(heard)).not.toContain("secret");
});
