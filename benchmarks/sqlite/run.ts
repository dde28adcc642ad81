import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRounds, type Contestant, type Outcome } from "../lib/rounds.ts";
import { shuffled } from "../lib/random.ts";
import { spread, type Spread } from "../lib/statistics.ts";
import type { SqliteLoad } from "./loads.ts";
import { mixed, type MixedOptions, type MixedResult } from "./mixed.ts";
import { seed } from "./statements.ts";
import type { SqliteEngine, SqliteSubject } from "./subject.ts";

/** Statements of a round that warms up: after some thirty thousand V8 compiles no more for a load, in this thread and in those of the contestants. */
const WARMING = 6_000;

export interface SqliteRunOptions {
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmup: number;
  /** Share of a load's statements that one measurement runs. */
  readonly scale: number;
  readonly random: () => number;
}

export interface SqliteReport {
  readonly load: SqliteLoad;
  readonly outcomes: readonly Outcome[];
}

export interface MixedReport {
  readonly name: string;
  /** Over the rounds. */
  readonly figures: Readonly<Record<keyof MixedResult, Spread>>;
}

/** Opens every contestant on a database of its own, hands them to `work`, and leaves nothing behind. */
export async function withSubjects<T>(
  engines: readonly SqliteEngine[],
  work: (subjects: ReadonlyMap<string, SqliteSubject>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "pool-bench-"));
  const subjects = new Map<string, SqliteSubject>();
  try {
    for (const [i, engine] of engines.entries()) {
      const file = join(folder, `${String(i)}.db`);
      seed(file);
      subjects.set(engine.name, await engine.open(file));
    }
    return await work(subjects);
  } finally {
    await Promise.all([...subjects.values()].map((subject) => subject.close()));
    await rm(folder, { recursive: true });
  }
}

export async function runSqliteLoad(
  load: SqliteLoad,
  subjects: ReadonlyMap<string, SqliteSubject>,
  { rounds, warmup, scale, random }: SqliteRunOptions,
): Promise<SqliteReport> {
  const count = Math.max(50, Math.round(load.count * scale));
  const contestants = [...subjects].map(([name, subject]): Contestant => ({
    name,
    async measure(warming) {
      await load.measure(subject, Math.max(50, count / 10));
      return load.measure(subject, warming ? Math.max(count, WARMING * scale) : count);
    },
  }));
  const outcomes = await inRounds(contestants, { rounds, warmup, baseline: "bare", patienceMs: 20_000, random });
  return { load, outcomes };
}

/** The mixed load, one contestant after the other, in another order each round. */
export async function runMixed(
  subjects: ReadonlyMap<string, SqliteSubject>,
  options: MixedOptions & Pick<SqliteRunOptions, "rounds" | "random">,
): Promise<MixedReport[]> {
  const results = new Map<string, MixedResult[]>([...subjects.keys()].map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, subject] of shuffled([...subjects], options.random)) {
      results.get(name)?.push(await mixed(subject, options));
    }
  }
  return [...results].map(([name, each]) => ({ name, figures: spreads(each) }));
}

function spreads(results: readonly MixedResult[]): Record<keyof MixedResult, Spread> {
  const of = (figure: keyof MixedResult): Spread => spread(results.map((result) => result[figure]));
  return {
    loopMax: of("loopMax"),
    loopP99: of("loopP99"),
    pointP50: of("pointP50"),
    pointP99: of("pointP99"),
    points: of("points"),
    longReads: of("longReads"),
    writes: of("writes"),
  };
}
