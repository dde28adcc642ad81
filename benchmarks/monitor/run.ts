import { measureRounds, outcomeOf, type Outcome, type Round, type RoundsOptions } from "../lib/rounds.ts";
import { short, table } from "../lib/table.ts";
import type { MonitorLoad } from "./loads.ts";
import { startContestant, type Costs, type Measured } from "./process.ts";

export interface MonitorReport {
  readonly load: MonitorLoad;
  readonly outcomes: readonly Outcome[];
}

/** Goals, in µs over no monitor at all. */
export const GOALS: Readonly<Record<string, number>> = { "ours, monitor on": 1.5 };

export async function runMonitorLoad(
  load: MonitorLoad,
  url: string,
  options: Omit<RoundsOptions, "baseline" | "patienceMs">,
): Promise<MonitorReport> {
  const contestants: Measured[] = [];
  try {
    for (const watching of load.contestants) contestants.push(await startContestant(load, watching, url));
    const rounds = await measureRounds(contestants, { ...options, baseline: load.baseline, patienceMs: Infinity });
    return { load, outcomes: contestants.map(({ name }) => outcomeOf(name, pairsOf(rounds, name, load.baseline))) };
  } finally {
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
  }
}

/** Who is watched in turns is compared with itself, everybody else with the baseline of the same round. */
function pairsOf(rounds: readonly Round<Costs>[], name: string, baseline: string): { cost: number; base: number }[] {
  return rounds.flatMap((costs) => {
    const own = costs.get(name);
    return own === undefined ? [] : [{ cost: own.us, base: own.unwatched ?? costs.get(baseline)?.us ?? NaN }];
  });
}

/** What each costs in CPU time, and over the baseline in the same round. */
export function detail({ load, outcomes }: MonitorReport): string {
  const rows = outcomes.map(({ name, cost, over, ratio }) => [
    name,
    short(cost.median),
    short(over.median),
    `${short(over.min)} – ${short(over.max)}`,
    short(ratio.median),
    GOALS[name] === undefined ? "" : `≤ ${String(GOALS[name])}: ${over.median <= GOALS[name] ? "met" : "MISSED"}`,
  ]);
  return `${load.title}\n\n${table(["", "µs CPU", "over no monitor", "min – max", "×", "goal, µs over"], rows)}`;
}
