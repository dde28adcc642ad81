import { short, table } from "../lib/table.ts";
import type { LoadReport } from "./run.ts";

/** Does ours meet the goal of this load? Undefined when it was not measured. */
export function verdict({
  load,
  outcomes,
  unusable,
}: LoadReport): { figure: number; goal: number; met: boolean } | undefined {
  const own = outcomes.find(({ name }) => name === "ours");
  if (!own) return undefined;
  const figure = load.unit === "B" ? own.cost.median : own.ratio.median;
  return { figure, goal: load.goal, met: figure <= load.goal && !unusable.includes("ours") };
}

/** One load: what each engine cost, and the ratios to the limit with their spread. */
export function detail(report: LoadReport): string {
  const { load, outcomes, unusable } = report;
  const rows = outcomes.map(({ name, cost, ratio }) => [
    name,
    short(cost.median),
    short(ratio.median),
    `${short(ratio.min)} – ${short(ratio.max)}`,
    unusable.includes(name) ? "unusable afterwards" : "",
  ]);
  // Those that were done for before the first round that counts.
  for (const name of unusable)
    if (!outcomes.some((each) => each.name === name)) rows.push([name, "–", "–", "–", "unusable afterwards"]);
  const result = verdict(report);
  const closing = result
    ? `\n\nours ${short(result.figure)}, goal ≤ ${String(result.goal)}: ${result.met ? "met" : "MISSED"}`
    : "";
  return `${load.title}\n\n${table(["engine", load.unit, "× limit", "min – max", ""], rows)}${closing}`;
}

/** All loads beside one another: medians of the ratios, and bytes. */
export function summary(reports: readonly LoadReport[]): string {
  const names = [...new Set(reports.flatMap((each) => [...each.outcomes.map(({ name }) => name), ...each.unusable]))];
  const rows = names.map((name) => [
    name,
    ...reports.map(({ load, outcomes, unusable }) => {
      const outcome = outcomes.find((each) => each.name === name);
      if (!outcome) return unusable.includes(name) ? "stuck" : "–";
      const figure = short(load.unit === "B" ? outcome.cost.median : outcome.ratio.median);
      return unusable.includes(name) ? `${figure} (stuck)` : figure;
    }),
  ]);
  const goals = ["goal for ours", ...reports.map(({ load }) => `≤ ${String(load.goal)}`)];
  return table(["× limit", ...reports.map(({ load }) => load.title)], [...rows, goals]);
}
