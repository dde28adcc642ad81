import { expect, test } from "vitest";
import { connectAll, createRegistry, defineConnector } from "../src/connector/index.js";
import { onEvent } from "../src/on-event.js";
import { createPool, withCredentials, withHooks } from "../src/pool/index.js";
import { createSqlClient } from "../src/transaction/index.js";
import { callWith, JUNK, type Outcome } from "./support/junk.js";
import { MemoryBackend } from "./support/memory-backend.js";
import { diceFrom, seedOfRun } from "./support/dice.js";
import { clientOf, FakeDatabase } from "./transaction/fake-database.js";

const seed = seedOfRun();
const ROUNDS = 40;

type Callable = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Calls each method with junk in each position, alone and behind good arguments, and with junk drawn for all of them. */
async function storm(
  on: object,
  methods: Readonly<Record<string, readonly unknown[]>>,
  allowed: readonly string[] = [],
): Promise<Outcome[]> {
  const random = diceFrom(seed);
  const problems: Outcome[] = [];
  for (const [name, good] of Object.entries(methods)) {
    const call = (...args: readonly unknown[]): unknown => (on as Callable)[name]?.(...(args as never[]));
    const calls = good.flatMap((_, at) => JUNK.map((junk) => good.with(at, junk)));
    for (let round = 0; round < ROUNDS; round++) calls.push(good.map(() => random.pick(JUNK)));
    for (const args of calls) {
      const problem = await callWith(name, call, args, allowed);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

const later = async (): Promise<void> => undefined;

test(`a pool refuses junk by name, and lends and closes as before (seed ${String(seed)})`, async () => {
  const { factory } = new FakeDatabase();
  const pool = createPool(factory, { maxSize: 3 });
  const acquire = async (options: never): Promise<void> => (await pool.acquire(options)).release();
  const tryAcquire = (options: never): void => pool.tryAcquire(options)?.release();
  const methods = { use: [later, {}], warm: [1, {}], resize: [{}], evict: ["x"], reclaim: [1] };
  const problems = [
    ...(await storm(pool, methods)),
    ...(await storm({ acquire, tryAcquire }, { acquire: [{}], tryAcquire: [{}] }, ["ACQUIRE_TIMEOUT"])),
    ...(await storm({ close: (o: unknown) => checkOnly(o, pool) }, { close: [{}] })),
  ];
  expect(problems).toEqual([]);
  expect(pool.stats).toMatchObject({ leased: 0, waiting: 0, maxSize: 3 });
  await pool.use(later);
  await pool.close();
});

/** A close with junk either is refused or closes a pool of its own. */
async function checkOnly(options: unknown, { kind }: { readonly kind: string }): Promise<void> {
  const pool = createPool({ kind, create: later, close: () => undefined });
  await pool.close(options as never);
}

test(`a SQL client, its sessions and transactions refuse junk by name (seed ${String(seed)})`, async () => {
  const database = new FakeDatabase();
  const client = clientOf(database);
  const asked = { query: ["SELECT", ["auto"], {}], use: ["COPY", later, {}] };
  const works = { session: [later, {}], transaction: [later, {}], sandbox: [later, {}], batch: [[], {}] };
  const acquire = async (options: never): Promise<void> => (await client.acquire(options)).release();
  const openSession = async (options: never): Promise<void> =>
    await (await client.openSession(options))[Symbol.asyncDispose]();
  const quiet = (problems: readonly Outcome[]): Outcome[] =>
    problems.filter(({ problem }) => !problem.includes("syntax error")); // the database's own, for a text that is one
  const problems = [
    ...(await storm(client, { ...asked, ...works })),
    ...(await storm({ acquire, openSession }, { acquire: [{}], openSession: [{}] }, ["ACQUIRE_TIMEOUT"])),
    ...(await client.session(async (session) => [
      ...(await storm(session, { ...asked, transaction: [later, {}], withoutConnection: [later] })),
    ])),
  ];
  await client.session(async (session) => {
    const begin = async (options: never): Promise<void> => {
      await session.begin(options);
      await session.rollback();
    };
    problems.push(...(await storm({ begin }, { begin: [{}] })));
  });
  // Each in a transaction of its own, since what has failed in one fails it.
  const inside = async (name: "query" | "use" | "transaction", args: readonly never[]): Promise<unknown> =>
    await client.sandbox(async (tx) => await (tx as never as Callable)[name]?.(...args));
  const tx = Object.fromEntries(
    (["query", "use", "transaction"] as const).map((name) => [name, (...args: never[]) => inside(name, args)]),
  );
  problems.push(...(await storm(tx, { ...asked, transaction: [later] })));
  expect(quiet(problems)).toEqual([]);
  expect(client.pool.stats).toMatchObject({ leased: 0, waiting: 0 });
  expect(database.connections.every(({ frames }) => frames === undefined)).toBe(true);
}, 60_000);

test(`connectors, registries and scopes refuse junk by name, and leave nothing open (seed ${String(seed)})`, async () => {
  const backend = new MemoryBackend();
  const connector = backend.connector({ name: "db" });
  const [options, told] = [[{}], ["CONNECTOR_NOT_FOUND", "DUPLICATE_SCOPE", "DUPLICATE_CONNECTOR"]];
  const problems = await storm(connector, {
    connect: options,
    healthCheck: options,
    restart: options,
    disconnect: options,
  });
  const registry = createRegistry();
  problems.push(
    ...(await storm(
      registry,
      {
        get: ["x"],
        find: ["x"],
        has: ["x"],
        register: ["y", {}],
        release: ["x"],
        remove: ["x", {}],
        healthCheck: options,
        restart: options,
      },
      told,
    )),
    ...(await storm({ scope: (id: never, o: never) => registry.scope(id, o).close() }, { scope: ["t", {}] }, told)),
    ...(await storm({ close: async (o: never) => await createRegistry().close(o) }, { close: options })),
  );
  const scope = registry.scope("task");
  problems.push(...(await storm(scope, { connect: [() => connector, {}] })));
  problems.push(...(await storm({ close: (o: never) => registry.scope("one").close(o) }, { close: options }, told)));
  expect(problems).toEqual([]);
  await registry.close();
  expect(backend.live).toBe(0);
});

test(`what makes them refuses junk by name (seed ${String(seed)})`, async () => {
  const { factory, driver } = new FakeDatabase();
  const pool = createPool(factory);
  const spec = { kind: "x", name: "x", options: {}, key: "x", open: later, close: later, check: later };
  const broken = Object.keys(spec).flatMap((key) => JUNK.map((junk) => ({ ...spec, [key]: junk })));
  const problems = await storm(
    {
      connectAll: async (map: never, o: never) => await (await connectAll(map, o)).close(),
      createRegistry,
      createPool: async (...args: Parameters<typeof createPool>) => await createPool(...args).close(),
      createSqlClient: (o: object, more: object) => createSqlClient({ ...o, ...more } as never),
      createSqlClientOf: createSqlClient,
      defineConnector,
      withHooks,
      withCredentials,
      onEvent: (...args: Parameters<typeof onEvent>) => onEvent(...args)[Symbol.dispose](),
    },
    {
      connectAll: [{}, {}],
      createRegistry: [{}, {}],
      createPool: [factory, {}],
      createSqlClient: [{ pool, driver }, {}],
      createSqlClientOf: [{ pool, driver }],
      defineConnector: [spec, {}],
      withHooks: [factory, {}],
      withCredentials: [() => factory, factory, { provide: later, isRefused: later }],
      onEvent: ["pool:leak", () => undefined],
    },
  );
  for (const wrong of broken)
    problems.push(
      ...[await callWith("defineConnector", defineConnector as never, [wrong], [])].filter((it) => it !== undefined),
    );
  expect(problems).toEqual([]);
});

test("options that nobody knows, and those of a wrong type that once passed, are refused everywhere", async () => {
  const { factory } = new FakeDatabase();
  const pool = createPool(factory);
  const client = clientOf(new FakeDatabase());
  const connector = new MemoryBackend().connector({ name: "db" });
  const registry = createRegistry();
  const unheardOf = { unheardOf: 1 } as never;
  const [task, tx] = [later, later];
  const calls: (() => unknown)[] = [
    () => pool.acquire(unheardOf),
    () => pool.tryAcquire(unheardOf),
    () => pool.tryAcquire({ label: 5 as never }),
    () => pool.use(task, unheardOf),
    () => pool.warm(1, unheardOf),
    () => pool.close(unheardOf),
    () => pool.resize({ maxSize: 2_000_000 }),
    () => client.acquire(unheardOf),
    () => client.session(task, unheardOf),
    () => client.openSession(unheardOf),
    () => client.transaction(tx, unheardOf),
    () => client.query("SELECT", ["auto"], unheardOf),
    () => connector.connect(unheardOf),
    () => connector.connect(null as never),
    () => connector.connect({ signal: "x" as never }),
    () => connector.healthCheck({ signal: 5 as never }),
    () => connector.disconnect({ timeout: "x" as never }),
    () => registry.scope("a", { signal: 5 as never }),
    () => registry.scope("a", null as never),
    () => registry.scope("b").connect(connector, { signal: 5 as never }),
    () => connectAll({}, { signal: 5 as never }),
    () => connectAll({}, unheardOf),
    () => defineConnector({} as never),
  ];
  for (const [at, call] of calls.entries()) {
    const outcome: unknown = await Promise.resolve()
      .then(call)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(outcome, `call ${String(at)}`).toMatchObject({
      code: "INVALID_ARGUMENT",
      details: { name: expect.any(String) as string },
    });
  }
  expect(pool.stats.leased + client.pool.stats.leased).toBe(0);
  await registry.close();
});
