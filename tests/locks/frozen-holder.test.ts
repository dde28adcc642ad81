import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, sharedPostgres, type TestServer } from "@pool/testing";
import { postgres } from "@pool/postgres";
import { backends, type BackendName } from "./backends.ts";
import type { Held, Job, Late, Turns } from "./jobs.ts";

const FREEZES = 5;
const KEYS_PER_FREEZE = 10;
const CLIENTS = 4;
const TURNS = 40;

describe.each(Object.keys(backends) as BackendName[])("locks on %s", (name) => {
  const { ttl, start } = backends[name];
  let server: TestServer;
  let database: PostgresServer;
  const children: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), "pool-locks-"));

  beforeAll(async () => {
    [server, database] = await Promise.all([start(), sharedPostgres()]);
    await sql(
      "create table counter (key text primary key, value int default 0, unfenced int default 0, writes int default 0, token numeric default 0)",
    );
  });
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
    await Promise.all([server[Symbol.asyncDispose](), database[Symbol.asyncDispose]()]);
  });

  it(
    `refuse the late write of a process that was stopped past its lease, ${String(FREEZES * KEYS_PER_FREEZE)} of ${String(FREEZES * KEYS_PER_FREEZE)} times`,
    { timeout: 120_000 },
    async () => {
      const keys = await counters("round", FREEZES * KEYS_PER_FREEZE);
      const [paused, other] = [worker(), worker()];
      for (let freeze = 0; freeze < FREEZES; freeze++) {
        const goOn = join(folder, String(freeze));
        const some = keys.slice(freeze * KEYS_PER_FREEZE, (freeze + 1) * KEYS_PER_FREEZE);
        expect(await ask<Held>(paused, { do: "pause", keys: some, ttl, goOn })).toEqual({ holding: KEYS_PER_FREEZE });
        paused.kill("SIGSTOP");
        // The locks expire, and the other process counts under them.
        const taken = await ask(other, { do: "count", keys: some, ttl: 10 * ttl });
        expect(taken).toEqual({ given: some.map(() => true) });
        const late = reply<Late>(paused);
        writeFileSync(goOn, "");
        paused.kill("SIGCONT");
        expect(await late).toEqual({ stillHeld: 0, untold: 0, written: 0 });
      }
      const counted = await sql<{ value: number; writes: number; unfenced: number }>(
        "select value, writes, unfenced from counter where key like 'round %'",
      );
      expect(counted).toEqual(keys.map(() => ({ value: 1, writes: 1, unfenced: 1 })));

      // Both count once more in order. Without the token the late write has cost one.
      await ask(paused, { do: "count", keys, ttl: 10 * ttl });
      await ask(other, { do: "count", keys, ttl: 10 * ttl });
      const exact = await sql<{ value: number; writes: number }>(
        "select value, writes from counter where key like 'round %'",
      );
      expect(exact).toEqual(keys.map(() => ({ value: 3, writes: 3 })));
      await end(paused, other);
    },
  );

  it(
    `keep a counter exact that ${String(CLIENTS)} processes contend for, ${String(TURNS)} times each`,
    { timeout: 120_000 },
    async () => {
      const [key = ""] = await counters("contended", 1);
      const workers = Array.from({ length: CLIENTS }, worker);
      for (const one of workers)
        await ask(one, { do: "count", keys: await counters(`warm ${String(one.pid)}`, 1), ttl: 10_000 });
      const all = await Promise.all(
        workers.map((one) => ask<Turns>(one, { do: "turns", key, times: TURNS, ttl: 10_000 })),
      );
      const [counted] = await sql<{ value: number; writes: number }>(
        `select value, writes from counter where key = '${key}'`,
      );
      expect(counted).toEqual({ value: CLIENTS * TURNS, writes: CLIENTS * TURNS });
      const tokens = all.flatMap((turns) => turns.tokens);
      expect(new Set(tokens).size).toBe(CLIENTS * TURNS);
      const seconds = Math.max(...all.map(({ ms }) => ms)) / 1_000;
      process.stdout.write(
        `${name}: ${String(CLIENTS)} × ${String(TURNS)} contended acquisitions, ${String(Math.round((CLIENTS * TURNS) / seconds))} per second\n`,
      );
      await end(...workers);
    },
  );

  function worker(): ChildProcess {
    const program = new URL("worker.ts", import.meta.url).pathname;
    const child = fork(program, [name, server.url, database.url], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    children.push(child);
    return child;
  }

  async function counters(what: string, count: number): Promise<readonly string[]> {
    const keys = Array.from({ length: count }, (_, i) => `${what} ${String(i)}`);
    await sql(`insert into counter (key) values ${keys.map((key) => `('${key}')`).join(", ")}`);
    return keys;
  }

  async function sql<Row extends object = object>(text: string): Promise<readonly Row[]> {
    await using connector = await postgres({ url: database.url, maxSize: 1 }).connect();
    return (await connector.client.query<Row>(text)).rows;
  }
});

async function ask<T = unknown>(child: ChildProcess, job: Job): Promise<T> {
  const answer = reply<T>(child);
  child.send(job);
  return await answer;
}

/** The next thing that it says. */
async function reply<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the process ended with ${String(code)}`);
  });
  ended.catch(() => undefined); // it does end, later
  const [what] = (await Promise.race([once(child, "message"), ended])) as [T];
  return what;
}

async function end(...some: readonly ChildProcess[]): Promise<void> {
  for (const child of some) child.send({ do: "end" } satisfies Job);
  const deadline = performance.now() + 20_000;
  while (some.some((child) => child.exitCode === null) && performance.now() < deadline) await sleep(20);
  expect(some.map((child) => child.exitCode)).toEqual(some.map(() => 0));
}
