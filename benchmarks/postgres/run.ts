import { measureRounds, outcomesOf, type Contestant, type Outcome, type Round } from "../lib/rounds.ts";
import { drive, upTo, type PostgresLoad } from "./loads.ts";
import { between, read, type Figures } from "../lib/measure.ts";
import type { Pgbench } from "./pgbench.ts";
import type { Database, PostgresEngine, PostgresSubject } from "./subject.ts";

export interface PostgresRunOptions {
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmup: number;
  /** Share of a load's statements that one measurement runs. */
  readonly scale: number;
  readonly random: () => number;
  /** Takes part as far as it can; undefined where the server's programs have none. */
  readonly pgbench?: Pgbench | undefined;
}

/** Whom the others are measured by. */
export const BASELINE = "pg.Pool";
export const PGBENCH = "pgbench";

export interface PostgresReport {
  readonly load: PostgresLoad;
  /** Of each figure what every contestant came to. */
  readonly figures: Readonly<Record<keyof Figures, readonly Outcome[]>>;
}

/** Opens every contestant on the same database, hands them to `work`, and closes them. */
export async function withPools<T>(
  engines: readonly PostgresEngine[],
  database: Database,
  work: (subjects: ReadonlyMap<string, PostgresSubject>) => Promise<T>,
): Promise<T> {
  const subjects = new Map<string, PostgresSubject>();
  try {
    for (const engine of engines) subjects.set(engine.name, await engine.open(database));
    return await work(subjects);
  } finally {
    await Promise.all([...subjects.values()].map((subject) => subject.close()));
  }
}

export async function runPostgresLoad(
  load: PostgresLoad,
  subjects: ReadonlyMap<string, PostgresSubject>,
  { rounds, warmup, scale, random, pgbench }: PostgresRunOptions,
): Promise<PostgresReport> {
  const count = Math.max(load.callers, Math.round(load.count * scale));
  const contestants = [...subjects].map(([name, subject]): Contestant<Figures> => ({
    name,
    async measure() {
      // First a tenth for nothing: the collection before this may have thrown compiled code away, and connections were idle.
      await drive(subject, load, upTo(Math.max(load.callers, count / 10)));
      const start = read();
      await drive(subject, load, upTo(count));
      return between(start, read(), count);
    },
  }));
  if (pgbench) contestants.push({ name: PGBENCH, measure: () => pgbench.measure(load, count) });
  const options = { rounds, warmup, baseline: BASELINE, patienceMs: Infinity, random };
  const measured = await measureRounds(contestants, options);
  const of = (figure: keyof Figures): Outcome[] => outcomesOf(figureIn(measured, figure), BASELINE);
  return { load, figures: { cpu: of("cpu"), rate: of("rate"), heap: of("heap") } };
}

function figureIn(rounds: readonly Round<Figures>[], figure: keyof Figures): Round<number>[] {
  return rounds.map((round) => new Map([...round].map(([name, figures]) => [name, figures[figure]])));
}
