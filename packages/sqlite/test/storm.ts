import { seededRandom } from "@pool/testing";
import { isPoolError } from "@pool/core";
import { expect } from "vitest";
import { type SqliteClient } from "../src/index.js";
import { eventually, openDatabase, sleep } from "./support.js";

const ACCOUNTS = 20;
const START = 1_000;

/** What became of the transfers, by their ids. */
interface Ledger {
  readonly done: Set<number>;
  readonly unknown: Set<number>;
  readonly failed: Map<string, number>;
  nextId: number;
  reads: number;
}

/** What may befall a transfer that is interfered with on purpose. */
const EXPECTED = [
  "RESOURCE_LOST",
  "OUTCOME_UNKNOWN",
  "ACQUIRE_TIMEOUT",
  "CONSTRAINT_FAILED",
  "LEASE_ENDED",
  "QUERY_TIMEOUT",
];

/**
 * Money moves between accounts in every way there is, while readers add up, connections are killed and callers go away. The total is
 * the same in every read; at the end every transfer that was acknowledged is there, and none that was refused.
 */
export async function storm(seed: number, ms: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const { db, client } = await openDatabase({ readers: 2, acquireTimeout: 10_000 });
  await client.batch([
    { text: "create table account (id integer primary key, balance integer not null check (balance >= 0))" },
    { text: "create table transfer (id integer primary key)" },
    ...Array.from({ length: ACCOUNTS }, (_, id) => ({
      text: "insert into account values (?, ?)",
      values: [id, START],
    })),
  ]);
  const ledger: Ledger = { done: new Set(), unknown: new Set(), failed: new Map(), nextId: 1, reads: 0 };
  const end = performance.now() + ms;
  // A machine with much else to do gets more time, so that something has happened.
  const blows = (): boolean => {
    const now = performance.now();
    return now < end || (now < end + 10_000 && !hasHappened(ledger));
  };
  const mover = async (): Promise<void> => {
    while (blows()) await transfer(client, ledger, pick, random);
  };
  const reader = async (): Promise<void> => {
    while (blows()) await checkTotal(client, ledger, pick);
  };
  const killer = async (): Promise<void> => {
    while (blows()) {
      await sleep(100 + pick(300));
      await killOne(client, pick);
    }
  };
  await Promise.all([mover(), mover(), mover(), mover(), reader(), reader(), killer()]);
  await settle(client, ledger);
  await db.disconnect();
}

function hasHappened({ done, failed, reads }: Ledger): boolean {
  const lost = (failed.get("RESOURCE_LOST") ?? 0) + (failed.get("OUTCOME_UNKNOWN") ?? 0);
  return done.size > 10 && reads > 10 && lost > 0;
}

async function transfer(
  client: SqliteClient,
  ledger: Ledger,
  pick: (below: number) => number,
  random: () => number,
): Promise<void> {
  const id = ledger.nextId++;
  const [from, to, amount] = [pick(ACCOUNTS), pick(ACCOUNTS), 1 + pick(400)];
  const take = { text: "update account set balance = balance - ? where id = ?", values: [amount, from] };
  const give = { text: "update account set balance = balance + ? where id = ?", values: [amount, to] };
  const note = { text: "insert into transfer values (?)", values: [id] };
  const controller = new AbortController();
  const away = random() < 0.1 ? setTimeout(() => controller.abort(new Error("went away")), pick(5)) : undefined;
  try {
    const way = pick(4);
    if (way === 0) await client.batch([take, give, note], { signal: controller.signal });
    else if (way === 1) await client.batch([give, take, note], { retries: 1 });
    else {
      await client.transaction(
        async (tx) => {
          await tx.query(take.text, take.values);
          if (way === 3) await tx.transaction((inner) => inner.query(give.text, give.values));
          else await Promise.all([tx.query(give.text, give.values), sleep(pick(3))]);
          await tx.query(note.text, note.values);
        },
        { signal: controller.signal },
      );
    }
    ledger.done.add(id);
  } catch (error) {
    noteFailure(ledger, id, error, controller.signal.aborted);
  } finally {
    clearTimeout(away);
  }
}

function noteFailure(ledger: Ledger, id: number, error: unknown, aborted: boolean): void {
  const code = isPoolError(error) ? error.code : aborted ? "aborted" : "other";
  ledger.failed.set(code, (ledger.failed.get(code) ?? 0) + 1);
  if (code === "other" || (code !== "aborted" && !EXPECTED.includes(code))) throw error;
  // A batch that was called off may have committed just before; a commit whose reply was lost may have.
  if (code === "OUTCOME_UNKNOWN" || code === "aborted") ledger.unknown.add(id);
}

async function checkTotal(client: SqliteClient, ledger: Ledger, pick: (below: number) => number): Promise<void> {
  const text = "select sum(balance) as total, count(*) as n from account";
  const way = pick(4);
  try {
    const { rows } =
      way === 0
        ? await client.session((session) => session.query(text), { readOnly: true })
        : await client.query(text, [], way === 1 ? { signal: AbortSignal.timeout(20_000) } : {});
    expect(rows).toEqual([{ total: ACCOUNTS * START, n: ACCOUNTS }]);
    const point = await client.query("select balance from account where id = ?", [pick(ACCOUNTS)]);
    expect(point.rowCount).toBe(1);
    ledger.reads++;
  } catch (error) {
    if (!isPoolError(error) || !EXPECTED.includes(error.code)) throw error;
  }
}

/** The writer more often than a reader, mostly in the middle of something. */
async function killOne(client: SqliteClient, pick: (below: number) => number): Promise<void> {
  const pool = pick(3) === 0 ? client.pools.processes : client.pools.writer;
  const lease = await pool.acquire().catch(() => undefined);
  if (lease === undefined) return;
  const { resource } = lease;
  lease.release();
  await sleep(pick(10));
  resource.link.kill();
}

async function settle(client: SqliteClient, ledger: Ledger): Promise<void> {
  const { done, unknown } = ledger;
  const { rows } = await client.query<{ id: number }>("select id from transfer");
  const kept = new Set(rows.map(({ id }) => id));
  expect([...done].filter((id) => !kept.has(id))).toEqual([]);
  expect([...kept].filter((id) => !done.has(id) && !unknown.has(id))).toEqual([]);
  expect((await client.query("select sum(balance) as total from account")).rows).toEqual([{ total: ACCOUNTS * START }]);
  expect((await client.query("pragma integrity_check")).rows).toEqual([{ integrity_check: "ok" }]);
  expect(hasHappened(ledger)).toBe(true);
  for (const pool of [client.pools.writer, client.pools.threads, client.pools.processes]) {
    // The checkpoint borrows the writer on its own.
    expect(await eventually(() => pool.stats.leased === 0)).toBe(true);
    const { totals, size, connecting } = pool.stats;
    expect(totals.acquired).toBe(totals.released + totals.destroyed + totals.dropped);
    expect(totals.created).toBe(totals.closed + size - connecting);
  }
}
