import { getEventListeners } from "node:events";
import { expect } from "vitest";
import { ManualClock, settle } from "../support/manual-clock.js";
import { seededRandom } from "../support/random.js";
import { clientOf, FakeDatabase } from "./fake-database.js";
import { Storm, unsettle } from "./storm.js";

const USERS = 60;

/** One storm from start to end, with every promise checked. Resolves with how often each outcome was met. */
export async function runStorm(seed: number): Promise<ReadonlyMap<string, number>> {
  const { database, client, clock, book } = await storm(seed);
  await settle();
  expect(book.problems).toEqual([]);

  // Each lease came back once, and nothing came back with a transaction open.
  expect(client.pool.stats.leased).toBe(0);
  expect(database.log).not.toContain("(reset)");
  expect(getEventListeners(book.shared.signal, "abort")).toEqual([]);

  // What is there is what the callers were told.
  const there = new Set(database.committed);
  expect(there.size, "a row is there twice").toBe(database.committed.length);
  for (const [row, fate] of book.book.rows)
    if (fate !== "maybe") expect(there.has(row), `${row} was told as ${fate}`).toBe(fate === "yes");
  for (const group of book.undecided)
    expect(new Set(group.map((row) => there.has(row))).size, `half of ${group.join(", ")}`).toBeLessThanOrEqual(1);

  // Nothing was sent that its caller was told was not.
  const sent = new Set(database.log.map((line) => line.split(" ").at(-1)));
  for (const row of book.neverSent) expect(sent.has(row), `${row} was sent`).toBe(false);

  const closed = client.pool.close();
  await clock.advance(10_000);
  await closed;
  expect(database.connections.every((connection) => connection.closed)).toBe(true);
  expect(database.violations).toEqual([]);
  expect(clock.pending).toBe(0);
  return book.outcomes;
}

/** Runs one storm to its end, and looks at the invariants after every step of time. */
async function storm(seed: number) {
  const random = seededRandom(seed);
  const database = new FakeDatabase();
  database.tellsTransaction = seed % 2 === 0;
  const clock = new ManualClock();
  unsettle(database, clock, random);
  const pool = { maxSize: 1 + Math.floor(random() * 4), acquireTimeout: 300, closeTimeout: 50, random };
  const client = clientOf(database, pool, { clock, random, queryTimeout: 60, cancelTimeout: 10 });
  const book = new Storm(client, clock, random);
  let running = 0;
  const users = Array.from({ length: USERS }, async () => {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, random() * 1_500));
    running++;
    await book.act();
    running--;
  });
  const progress = { done: false };
  const all = Promise.all(users).then(() => (progress.done = true));
  for (let step = 0; !progress.done; step++) {
    await clock.advance(1 + random() * 3);
    const { leased, maxSize, totals } = client.pool.stats;
    expect(database.violations).toEqual([]);
    expect(leased).toBeLessThanOrEqual(maxSize);
    expect(totals.acquired).toBe(totals.released + totals.destroyed + totals.dropped + leased);
    expect(step, `${String(running)} users never come to an end`).toBeLessThan(20_000);
    if (random() < 0.01) client.pool.evict("storm");
    if (random() < 0.005) client.pool.reclaim(client.pool.holders()[0]?.leaseId ?? 0, "storm");
  }
  await all;
  return { database, client, clock, book };
}
