import { measureRounds, outcomesOf, type Contestant, type Outcome, type Round } from "../lib/rounds.ts";
import { keyAt, KEYS, type RedisLoad, VALUE } from "./loads.ts";
import { plain } from "./peers.ts";
import type { Place } from "./subject.ts";
import { startThread, type Figures, type RedisThread } from "./thread.ts";

/** Whom the others are measured by. */
export const BASELINE = plain.name;

export interface RedisReport {
  readonly load: RedisLoad;
  readonly figures: Readonly<Record<keyof Figures, readonly Outcome[]>>;
}

export interface RedisRunOptions {
  readonly rounds: number;
  readonly warmup: number;
  /** Share of a load's commands that one measurement runs. */
  readonly scale: number;
  readonly random: () => number;
}

/** Starts every contestant's thread on the same server, hands them to `work`, and ends them. */
export async function withThreads<T>(
  engines: readonly string[],
  { packageUrl, place }: { readonly packageUrl: string; readonly place: Place },
  work: (threads: readonly RedisThread[]) => Promise<T>,
): Promise<T> {
  await fill(place);
  await using threads = new AsyncDisposableStack();
  const started: RedisThread[] = [];
  for (const engine of engines) started.push(threads.use(await startThread({ engine, packageUrl, place })));
  return await work(started);
}

async function fill(place: Place): Promise<void> {
  const subject = await plain.open(place);
  for (let index = 0; index < KEYS; index++) await subject.set(keyAt(index), VALUE);
  await subject.close();
}

/** Runs every load for nothing: it takes some hundred thousand commands until V8 has compiled all of one contestant for good. */
export async function warmUp(
  loads: readonly RedisLoad[],
  threads: readonly RedisThread[],
  count: number,
): Promise<void> {
  for (const load of loads) {
    for (const thread of threads) await thread.measure(load, count);
  }
}

export async function runRedisLoad(
  load: RedisLoad,
  threads: readonly RedisThread[],
  { rounds, warmup, scale, random }: RedisRunOptions,
): Promise<RedisReport> {
  const count = Math.max(load.callers, Math.round(load.count * scale));
  const contestants = threads.map((thread): Contestant<Figures> => ({
    name: thread.name,
    measure: () => thread.measure(load, count),
  }));
  const options = { rounds, warmup, baseline: BASELINE, patienceMs: 6_000, random };
  const measured = await measureRounds(contestants, options);
  const of = (figure: keyof Figures): Outcome[] => outcomesOf(figureIn(measured, figure), BASELINE);
  return { load, figures: { cpu: of("cpu"), rate: of("rate") } };
}

function figureIn(rounds: readonly Round<Figures>[], figure: keyof Figures): Round<number>[] {
  return rounds.map((round) => new Map([...round].map(([name, figures]) => [name, figures[figure]])));
}
