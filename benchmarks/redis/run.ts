import { cpuTime } from "../lib/cpu-time.ts";
import { measureRounds, outcomesOf, type Contestant, type Outcome, type Round } from "../lib/rounds.ts";
import { drive, keyAt, KEYS, type RedisLoad, VALUE } from "./loads.ts";
import type { Place, RedisEngine, RedisSubject } from "./subject.ts";

/** Whom the others are measured by. */
export const BASELINE = "ioredis";

/** What one command took, on average of one measurement. */
export interface Figures {
  /** CPU time of this process in µs: the server is another one. */
  readonly cpu: number;
  /** Commands per second. */
  readonly rate: number;
}

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

/** Opens every contestant on the same server, hands them to `work`, and closes them. */
export async function withSubjects<T>(
  engines: readonly RedisEngine[],
  place: Place,
  work: (subjects: ReadonlyMap<string, RedisSubject>) => Promise<T>,
): Promise<T> {
  const subjects = new Map<string, RedisSubject>();
  try {
    for (const engine of engines) subjects.set(engine.name, await engine.open(place));
    const [first] = subjects.values();
    for (let index = 0; index < KEYS; index++) await first?.set(keyAt(index), VALUE);
    return await work(subjects);
  } finally {
    await Promise.all([...subjects.values()].map((subject) => subject.close()));
  }
}

export async function runRedisLoad(
  load: RedisLoad,
  subjects: ReadonlyMap<string, RedisSubject>,
  { rounds, warmup, scale, random }: RedisRunOptions,
): Promise<RedisReport> {
  const count = Math.max(load.callers, Math.round(load.count * scale));
  const contestants = [...subjects].map(([name, subject]): Contestant<Figures> => ({
    name,
    async measure() {
      // First a tenth for nothing: the collection before this may have thrown compiled code away, and connections were idle.
      await drive(subject, load, Math.max(load.callers, count / 10));
      const [cpu, at] = [cpuTime(), performance.now()];
      await drive(subject, load, count);
      return { cpu: ((cpuTime() - cpu) * 1e3) / count, rate: (count * 1e3) / (performance.now() - at) };
    },
  }));
  const options = { rounds, warmup, baseline: BASELINE, patienceMs: Infinity, random };
  const measured = await measureRounds(contestants, options);
  const of = (figure: keyof Figures): Outcome[] => outcomesOf(figureIn(measured, figure), BASELINE);
  return { load, figures: { cpu: of("cpu"), rate: of("rate") } };
}

function figureIn(rounds: readonly Round<Figures>[], figure: keyof Figures): Round<number>[] {
  return rounds.map((round) => new Map([...round].map(([name, figures]) => [name, figures[figure]])));
}
