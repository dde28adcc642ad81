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

const CLIENTS = 4;
const TURNS = 25;

/** How often a holder is frozen, and how many locks it holds each time. */
export interface Rounds {
  readonly freezes: number;
  readonly locks: number;
}

/** Proves on every backend that a late write is refused by its token, and that no count is lost under contention. */
export function proveLocks(rounds: Rounds): void {
  describe.each(Object.keys(backends) as BackendName[])("locks on %s", (name) => proveBackend(name, rounds));
}

function proveBackend(name: BackendName, { freezes, locks }: Rounds): void {
  const { ttl, start } = backends[name];
  let server: TestServer;
  let database: PostgresServer;
  let workers: readonly ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), "pool-locks-"));

  beforeAll(async () => {
    [server, database] = await Promise.all([start(), sharedPostgres()]);
    workers = Array.from({ length: CLIENTS }, worker);
    await sql(
      "create table counter (key text primary key, value int default 0, unfenced int default 0, writes int default 0, token numeric default 0)",
    );
  });
  afterAll(async () => {
    try {
      await end(workers);
    } finally {
      for (const one of workers) one.kill("SIGKILL");
    }
    rmSync(folder, { recursive: true });
    await Promise.all([server[Symbol.asyncDispose](), database[Symbol.asyncDispose]()]);
  });

  it(
    `refuse the late write of a process that was stopped past its lease, ${String(freezes * locks)} of ${String(freezes * locks)} times`,
    { timeout: 30_000 + freezes * 15_000 },
    async () => {
      const keys = await counters("round", freezes * locks);
      const [paused, other] = workers;
      if (paused === undefined || other === undefined) throw new Error("there are no two workers");
      for (let freeze = 0; freeze < freezes; freeze++) {
        const goOn = join(folder, String(freeze));
        const some = keys.slice(freeze * locks, (freeze + 1) * locks);
        expect(await ask<Held>(paused, { do: "pause", keys: some, ttl, goOn })).toEqual({ holding: locks });
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
    },
  );

  it(
    `keep a counter exact that ${String(CLIENTS)} processes contend for, ${String(TURNS)} times each`,
    { timeout: 120_000 },
    async () => {
      const [key = ""] = await counters("contended", 1);
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
    },
  );

  function worker(): ChildProcess {
    const program = new URL("worker.ts", import.meta.url).pathname;
    return fork(program, [name, server.url, database.url], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
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
}

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

async function end(some: readonly ChildProcess[]): Promise<void> {
  for (const child of some) child.send({ do: "end" } satisfies Job);
  const deadline = performance.now() + 20_000;
  while (some.some((child) => child.exitCode === null) && performance.now() < deadline) await sleep(20);
  expect(some.map((child) => child.exitCode)).toEqual(some.map(() => 0));
}
