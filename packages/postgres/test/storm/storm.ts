import { type Dice, diceFrom, type FaultProxy, faultProxy, type PostgresServer, tell, untilEqual } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { postgres, type PostgresClient } from "../../src/index.js";
import { BackendWatch } from "../faults/harness.js";
import { ACCOUNTS, Bank, START } from "./bank.js";

export interface StormOptions {
  readonly seed: number;
  readonly ms: number;
  /** Callers at once. */
  readonly callers: number;
}

interface Weather {
  readonly client: PostgresClient;
  readonly bank: Bank;
  readonly dice: Dice;
  readonly signal: AbortSignal | undefined;
}

/**
 * Hundreds of callers move money in every way there is, while backends are terminated, lines are cut and callers go away. Afterwards the
 * database has exactly what the callers were told, the pool's counts add up, and no connection is left.
 */
export async function storm(server: PostgresServer, { seed, ms, callers }: StormOptions): Promise<void> {
  const dice = diceFrom(seed);
  const application = `storm-${seed}`;
  const bank = await Bank.open(server);
  await using proxy = await faultProxy({ target: server, seed });
  const connector = await postgres({
    url: proxy.url(bank.url),
    applicationName: application,
    maxSize: 10,
    maxWaiting: 1_000,
    acquireTimeout: 5_000,
    queryTimeout: 2_000,
    maxLifetime: 2_000,
    maxUses: 200,
  }).connect();
  const { client } = connector;
  const backends = new BackendWatch(server, application);
  const end = performance.now() + ms;
  const blows = (): boolean => performance.now() < end;
  const caller = async (): Promise<void> => {
    while (blows()) await act(client, bank, dice);
  };
  const breaker = async (): Promise<void> => {
    while (blows()) await wreck(server, application, proxy, dice);
    await proxy.heal();
  };
  await Promise.all([breaker(), ...Array.from({ length: callers }, caller)]);
  await backends.stop();
  tell(`POOL_TEST_SEED=${seed}: ${JSON.stringify(Object.fromEntries(bank.told))}, backends ≤ ${backends.most}`);
  await untilEqual("leases", () => client.pool.stats.leased, 0);
  expectCountsAddUp(client);
  await connector.disconnect();
  expectCountsAddUp(client);
  expect(client.pool.stats).toMatchObject({ size: 0, leased: 0, waiting: 0 });
  await untilEqual("backends left", () => backends.now(), 0);
  await bank.expectExact();
  expect(backends.most).toBeLessThanOrEqual(10);
  for (const told of ["done", "RESOURCE_LOST", "aborted"]) expect([...bank.told.keys()]).toContain(told);
  expect(bank.told.get("done")).toBeGreaterThan(100);
}

function expectCountsAddUp({ pool }: PostgresClient): void {
  const { totals, size, connecting, leased } = pool.stats;
  expect(totals.acquired).toBe(totals.released + totals.destroyed + totals.dropped + leased);
  expect(totals.created).toBe(totals.closed + size - connecting);
  expect(totals.dropped).toBe(0);
}

/** One caller's turn; one in ten goes away in the middle of it. */
async function act(client: PostgresClient, bank: Bank, dice: Dice): Promise<void> {
  const controller = new AbortController();
  const away = dice.chance(0.1)
    ? setTimeout(() => controller.abort(new Error("went away")), dice.below(40))
    : undefined;
  const weather: Weather = { client, bank, dice, signal: controller.signal };
  try {
    await (WAYS[dice.below(WAYS.length)] ?? transfer)(weather);
  } finally {
    clearTimeout(away);
  }
}

const WAYS: readonly ((weather: Weather) => Promise<void>)[] = [
  transfer,
  transfer,
  transferWithSavepoints,
  transferSerializable,
  note,
  noteInSession,
  addUp,
  readStream,
  lingers,
];

const TAKE = "update account set balance = balance - $1 where id = $2";
const GIVE = "update account set balance = balance + $1 where id = $2";
const NOTE = "insert into journal values ($1, $2)";

async function transfer({ client, bank, dice, signal }: Weather): Promise<void> {
  const [from, to, amount] = [dice.below(ACCOUNTS), dice.below(ACCOUNTS), dice.below(300)];
  const work = async (id: number): Promise<void> => {
    await client.transaction(
      async (tx) => {
        await tx.query(TAKE, [amount, from]);
        await Promise.all([tx.query(GIVE, [amount, to]), tx.query(NOTE, [id, "transfer"])]);
      },
      { retries: 3, ...(signal && { signal }) },
    );
  };
  await bank.attempt(true, work, signal);
}

async function transferWithSavepoints({ client, bank, dice, signal }: Weather): Promise<void> {
  const [from, to, amount] = [dice.below(ACCOUNTS), dice.below(ACCOUNTS), dice.below(300)];
  const givesUp = dice.chance(0.5);
  const work = async (id: number): Promise<void> => {
    await client.transaction(
      async (tx) => {
        await tx.query(NOTE, [id, "savepoints"]);
        const undone = tx.transaction(async (inner) => {
          await inner.query(TAKE, [amount, from]);
          await inner.query(NOTE, [id, "never"]);
          await inner.query("select 1 / 0");
        });
        await undone.catch((error: unknown) => {
          if (!(error instanceof Error && error.message.includes("division by zero"))) throw error;
        });
        await tx.transaction(async (inner) => {
          await inner.query(TAKE, [amount, from]);
          await inner.query(GIVE, [amount, to]);
        });
        if (givesUp) await tx.query("select 1");
      },
      { retries: 3, ...(signal && { signal }) },
    );
  };
  await bank.attempt(true, work, signal);
}

async function transferSerializable({ client, bank, dice, signal }: Weather): Promise<void> {
  const [from, to] = [dice.below(ACCOUNTS), dice.below(ACCOUNTS)];
  const work = async (id: number): Promise<void> => {
    await client.transaction(
      async (tx) => {
        const { rows } = await tx.query<{ balance: number }>("select balance from account where id = $1", [from]);
        const amount = Math.floor((rows[0]?.balance ?? 0) / 10);
        await tx.query(TAKE, [amount, from]);
        await tx.query(GIVE, [amount, to]);
        await tx.query(NOTE, [id, "serializable"]);
      },
      { isolation: "serializable", retries: 5, ...(signal && { signal }) },
    );
  };
  await bank.attempt(true, work, signal);
}

async function note({ client, bank, signal }: Weather): Promise<void> {
  await bank.attempt(false, (id) => client.query(NOTE, [id, "note"], { ...(signal && { signal }) }), signal);
}

async function noteInSession({ client, bank, dice, signal }: Weather): Promise<void> {
  const work = async (id: number): Promise<void> => {
    await client.session(async (session) => {
      await session.query("set work_mem = '5MB'");
      if (dice.chance(0.5)) await session.withoutConnection(() => sleep(dice.below(10)));
      await session.query(NOTE, [id, "session"], { ...(signal && { signal }) });
    });
  };
  await bank.attempt(false, work, signal);
}

async function addUp({ client, bank, signal }: Weather): Promise<void> {
  const work = async (): Promise<void> => {
    const text = "select sum(balance)::int as total, current_setting('work_mem') as clean from account";
    const { rows } = await client.query(text, [], { ...(signal && { signal }) });
    expect(rows).toEqual([{ total: ACCOUNTS * START, clean: "4MB" }]);
  };
  await bank.look(work, signal);
}

async function readStream({ client, bank, dice, signal }: Weather): Promise<void> {
  const most = dice.below(1_000);
  const work = async (): Promise<void> => {
    let seen = 0;
    const text = "select n from generate_series(0, 499) n";
    for await (const { n } of client.stream<{ n: number }>(text, [], { batch: 50, ...(signal && { signal }) })) {
      expect(n).toBe(seen++);
      if (seen > most) break;
    }
  };
  await bank.look(work, signal);
}

/** Is cancelled by its time, and writes nothing by then. */
async function lingers({ client, bank, dice, signal }: Weather): Promise<void> {
  const ms = 1 + dice.below(60);
  const text = "insert into journal select $1, 'late' from pg_sleep($2)";
  const work = (id: number): Promise<unknown> =>
    client.query(text, [id, dice.below(80) / 1_000], { timeout: ms, ...(signal && { signal }) });
  await bank.attempt(false, work, signal);
}

async function wreck(server: PostgresServer, application: string, proxy: FaultProxy, dice: Dice): Promise<void> {
  await sleep(100 + dice.below(200));
  const victim = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${application}'`;
  const way = dice.below(6);
  if (way < 2) await server.sql(`${victim} order by random() limit ${1 + dice.below(3)}`);
  else if (way === 2) proxy.reset();
  else if (way === 3) proxy.limitData(dice.below(400), { on: "existing", cut: dice.chance(0.5) ? "reset" : "fin" });
  else if (way === 4) proxy.latency(dice.below(20), { jitter: 10 });
  else await proxy.heal();
}
