import { shuffled } from "./random.ts";
import { spread, type Spread } from "./statistics.ts";

/** One thing that is measured: returns its figures of this round, or undefined where it cannot do what is asked. */
export interface Contestant<T = number> {
  readonly name: string;
  /** @param warming the round does not count: less work will do */
  measure(warming: boolean): Promise<T | undefined>;
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

/** What each contestant, by name, came to in one round. */
export type Round<T> = ReadonlyMap<string, T>;

/**
 * Runs the contestants in turns, in another order each round. Ratios are taken inside a round, where both sides saw the same
 * machine, and the median of them is the figure: noise that lasts longer than a round falls on both sides alike.
 */
export async function inRounds(contestants: readonly Contestant[], options: RoundsOptions): Promise<Outcome[]> {
  return outcomesOf(await measureRounds(contestants, options), options.baseline);
}

/** The same, with whatever was measured as it is. Rounds that only warm up are left out. */
export async function measureRounds<T>(
  contestants: readonly Contestant<T>[],
  options: RoundsOptions,
): Promise<Round<T>[]> {
  const rounds: Round<T>[] = [];
  const spent = new Map<string, number>();
  const patient = ({ name }: Contestant<T>): boolean =>
    name === options.baseline || name === "ours" || (spent.get(name) ?? 0) < options.patienceMs;
  for (let round = -options.warmup; round < options.rounds; round++) {
    const figureOf = new Map<string, T>();
    for (const contestant of shuffled(contestants.filter(patient), options.random)) {
      collectGarbage();
      const start = performance.now();
      const figure = await contestant.measure(round < 0);
      if (round >= 0) spent.set(contestant.name, (spent.get(contestant.name) ?? 0) + performance.now() - start);
      if (figure !== undefined) figureOf.set(contestant.name, figure);
    }
    if (round >= 0) rounds.push(new Map(contestants.flatMap(({ name }) => entryOf(figureOf, name))));
  }
  return rounds;
}

/** What one figure of all rounds comes to, beside the baseline's of the same round. */
export function outcomesOf(rounds: readonly Round<number>[], baseline: string): Outcome[] {
  const names = new Set(rounds.flatMap((costs) => [...costs.keys()]));
  return [...names].map((name) => {
    const pairs = rounds.flatMap((costs) =>
      entryOf(costs, name).map(([, cost]) => ({ cost, base: costs.get(baseline) ?? NaN })),
    );
    return outcomeOf(name, pairs);
  });
}

/** What one cost in each round, beside what it is measured by. */
export function outcomeOf(name: string, pairs: readonly { readonly cost: number; readonly base: number }[]): Outcome {
  return {
    name,
    cost: spread(pairs.map(({ cost }) => cost)),
    ratio: spread(pairs.map(({ cost, base }) => cost / base)),
    over: spread(pairs.map(({ cost, base }) => cost - base)),
  };
}

function entryOf<T>(figures: Round<T>, name: string): [string, T][] {
  const figure = figures.get(name);
  return figure === undefined ? [] : [[name, figure]];
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
