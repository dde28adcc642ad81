import { shuffled } from "./random.ts";
import { spread, type Spread } from "./statistics.ts";

/** One thing that is measured: returns its cost in this round, or undefined where it cannot do what is asked. */
export interface Contestant {
  readonly name: string;
  /** @param warming the round does not count: less work will do */
  measure(warming: boolean): Promise<number | undefined>;
}

export interface RoundsOptions {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them that do not, so that everything is compiled. */
  readonly warmup: number;
  /** Whose figure of the same round every other is divided by. */
  readonly baseline: string;
  /** A contestant that has used up this many ms sits out the rounds that are left, unless it is the baseline or ours. */
  readonly patienceMs: number;
  readonly random: () => number;
}

/** What one contestant cost: in the load's unit, and beside the baseline in the same round, as a multiple and as a difference. */
export interface Outcome {
  readonly name: string;
  readonly cost: Spread;
  readonly ratio: Spread;
  readonly over: Spread;
}

/**
 * Runs the contestants in turns, in another order each round. Ratios are taken inside a round, where both sides saw the same
 * machine, and the median of them is the figure: noise that lasts longer than a round falls on both sides alike.
 */
export async function inRounds(contestants: readonly Contestant[], options: RoundsOptions): Promise<Outcome[]> {
  const figures = new Map(contestants.map(({ name }) => [name, noFigures()]));
  const spent = new Map<string, number>();
  const patient = ({ name }: Contestant): boolean =>
    name === options.baseline || name === "ours" || (spent.get(name) ?? 0) < options.patienceMs;
  for (let round = -options.warmup; round < options.rounds; round++) {
    const costOf = new Map<string, number>();
    for (const contestant of shuffled(contestants.filter(patient), options.random)) {
      collectGarbage();
      const start = performance.now();
      const cost = await contestant.measure(round < 0);
      if (round >= 0) spent.set(contestant.name, (spent.get(contestant.name) ?? 0) + performance.now() - start);
      if (cost !== undefined) costOf.set(contestant.name, cost);
    }
    if (round < 0) continue;
    const base = costOf.get(options.baseline) ?? NaN;
    for (const [name, cost] of costOf) {
      const { costs, ratios, overs } = figures.get(name) ?? noFigures();
      costs.push(cost);
      ratios.push(cost / base);
      overs.push(cost - base);
    }
  }
  return [...figures]
    .filter(([, { costs }]) => costs.length > 0)
    .map(([name, { costs, ratios, overs }]) => ({
      name,
      cost: spread(costs),
      ratio: spread(ratios),
      over: spread(overs),
    }));
}

interface Figures {
  readonly costs: number[];
  readonly ratios: number[];
  readonly overs: number[];
}

function noFigures(): Figures {
  return { costs: [], ratios: [], overs: [] };
}

/** Two full collections, since what a finalizer frees goes with the second. Nothing without `--expose-gc`. */
export function collectGarbage(): void {
  globalThis.gc?.();
  globalThis.gc?.();
}

/** Lets timers, immediates and finished promises of whatever ran before have their turn. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
