import { between, read, type Figures } from "../lib/measure.ts";
import { measureRounds, outcomesOf, type Contestant, type Outcome, type Round } from "../lib/rounds.ts";
import { drive, fill, type EtcdLoad } from "./loads.ts";
import type { EtcdEngine, EtcdSubject } from "./subject.ts";

/** Whom ours is measured by. */
export const BASELINE = "etcd3";

export interface EtcdRunOptions {
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmup: number;
  /** Share of a load's calls that one measurement makes. */
  readonly scale: number;
  readonly random: () => number;
}

export interface EtcdReport {
  readonly load: EtcdLoad;
  /** Of each figure what every contestant came to. */
  readonly figures: Readonly<Record<keyof Figures, readonly Outcome[]>>;
}

/** Opens every contestant on one server, hands them to `work`, and closes them. */
export async function withEtcd<T>(
  engines: readonly EtcdEngine[],
  url: string,
  work: (subjects: ReadonlyMap<string, EtcdSubject>) => Promise<T>,
): Promise<T> {
  const subjects = new Map<string, EtcdSubject>();
  try {
    for (const engine of engines) {
      const subject = await engine.open(url);
      subjects.set(engine.name, subject);
      await fill(subject);
    }
    return await work(subjects);
  } finally {
    await Promise.all([...subjects.values()].map((subject) => subject.close()));
  }
}

export async function runEtcdLoad(
  load: EtcdLoad,
  subjects: ReadonlyMap<string, EtcdSubject>,
  { rounds, warmup, scale, random }: EtcdRunOptions,
): Promise<EtcdReport> {
  const count = Math.max(load.callers, Math.round(load.count * scale));
  const contestants = [...subjects].map(([name, subject]): Contestant<Figures> => ({
    name,
    async measure() {
      // First a tenth for nothing: the collection before this may have thrown compiled code away, and the connection was idle.
      await drive(subject, load, Math.max(load.callers, count / 10));
      const start = read();
      await drive(subject, load, count);
      return between(start, read(), count);
    },
  }));
  const measured = await measureRounds(contestants, {
    rounds,
    warmup,
    baseline: BASELINE,
    patienceMs: Infinity,
    random,
  });
  const of = (figure: keyof Figures): Outcome[] => outcomesOf(figureIn(measured, figure), BASELINE);
  return { load, figures: { cpu: of("cpu"), rate: of("rate"), heap: of("heap") } };
}

function figureIn(rounds: readonly Round<Figures>[], figure: keyof Figures): Round<number>[] {
  return rounds.map((round) => new Map([...round].map(([name, figures]) => [name, figures[figure]])));
}
