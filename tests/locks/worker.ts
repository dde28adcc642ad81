import { existsSync } from "node:fs";
import type { HeldLock } from "@pool/core";
import { postgres } from "@pool/postgres";
import { lockOf } from "./backends.ts";
import type { Held, Job, Late, Turns } from "./jobs.ts";

/** One of several processes that take locks and count in PostgreSQL under them. Does the jobs that it is sent, one after the other. */
const [, , backend = "", url = "", database = ""] = process.argv;
await using db = await postgres({ url: database, maxSize: 10 }).connect();
const { query } = db.client;
await using connector = await lockOf(backend, url);
const { lock } = connector;

for (let job = await nextJob(); job.do !== "end"; job = await nextJob()) {
  if (job.do === "pause") await holdAndBePaused(job);
  else if (job.do === "count")
    await reply({ given: await Promise.all(job.keys.map((key) => countOnce(key, job.ttl))) });
  else await reply(await takeTurns(job.key, job.times, job.ttl));
}

/** Holds the locks, is stopped while it holds them, and writes late. */
async function holdAndBePaused({ keys, ttl, goOn }: Extract<Job, { do: "pause" }>): Promise<void> {
  const all = await holdAll(keys, ttl);
  await reply({ holding: all.length } satisfies Held);
  // From here to the line after the loop no other code of this process runs. It is stopped inside, and goes on when the file is there.
  const from = performance.now();
  while (!existsSync(goOn)) if (performance.now() - from > 60_000) throw new Error("nobody stopped this process");
  const stillHeld = all.filter(({ held }) => held.isHeld()).length;
  const untold = all.filter(({ held }) => !held.lost.aborted).length;
  // It does not look, and writes.
  const written = await Promise.all(all.map(async ({ held, seen }) => await write(held, seen)));
  await reply({ stillHeld, untold, written: written.filter(Boolean).length } satisfies Late);
  await Promise.all(all.map(({ held }) => held.release()));
}

/** On a machine that is short of time one may be lost before the last is there: then all are taken again. */
async function holdAll(keys: readonly string[], ttl: number): Promise<readonly { held: HeldLock; seen: number }[]> {
  for (;;) {
    const all = await Promise.all(
      keys.map(async (key) => {
        const held = await lock.acquire(key, { ttl, timeout: 60_000, label: "the one that is paused" });
        return { held, seen: await valueOf(key) };
      }),
    );
    if (all.every(({ held }) => held.isHeld())) return all;
    await Promise.all(all.map(({ held }) => held.release()));
  }
}

async function countOnce(key: string, ttl: number): Promise<boolean> {
  return await lock.use(key, async (held) => await write(held, await valueOf(key)), { ttl, timeout: 60_000 });
}

async function takeTurns(key: string, times: number, ttl: number): Promise<Turns> {
  const tokens: string[] = [];
  const from = performance.now();
  for (let i = 0; i < times; i++)
    await lock.use(
      key,
      async (held) => {
        if (await write(held, await valueOf(key))) tokens.push(String(held.token));
      },
      { ttl, timeout: 60_000 },
    );
  return { tokens, ms: performance.now() - from };
}

async function valueOf(key: string): Promise<number> {
  const { rows } = await query<{ value: number }>("select value from counter where key = $1", [key]);
  return rows[0]?.value ?? Number.NaN;
}

/** What was read before, and one. Refused when a larger token has been seen. `unfenced` is what becomes of it without that. */
async function write(held: HeldLock, seen: number): Promise<boolean> {
  const values = [held.key, seen + 1, String(held.token)];
  await query("update counter set unfenced = $2 where key = $1", values.slice(0, 2));
  const { rowCount } = await query(
    "update counter set value = $2, token = $3, writes = writes + 1 where key = $1 and token < $3",
    values,
  );
  return rowCount === 1;
}

function nextJob(): Promise<Job> {
  return new Promise((resolve) => process.once("message", (job) => resolve(job as Job))); // what the test sends
}

function reply(what: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(what, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

process.disconnect();
