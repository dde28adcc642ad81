import { short, table } from "../lib/table.ts";
import type { MixedReport, SqliteReport } from "./run.ts";

export interface Verdict {
  readonly figure: number;
  readonly goal: string;
  readonly met: boolean;
}

/** The goals of the mixed load, in ms. */
export const MIXED_GOALS = { loopMax: 10, pointP99: 3 } as const;

/** Does ours meet the goal of this load? Undefined where there is none. */
export function verdict({ load, outcomes }: SqliteReport): Verdict | undefined {
  const own = outcomes.find(({ name }) => name === "ours");
  if (!own || !load.goal) return undefined;
  const { of, most } = load.goal;
  const figure = of === "cost" ? own.cost.median : own.over.median;
  return { figure, goal: `${of} ≤ ${String(most)} µs`, met: figure <= most };
}

export function mixedVerdicts(reports: readonly MixedReport[]): Verdict[] {
  const own = reports.find(({ name }) => name === "ours");
  if (!own) return [];
  return (["loopMax", "pointP99"] as const).map((name) => {
    const figure = own.figures[name].median;
    const title = { loopMax: "longest loop delay", pointP99: "point p99" }[name];
    return { figure, goal: `${title} ≤ ${String(MIXED_GOALS[name])} ms`, met: figure <= MIXED_GOALS[name] };
  });
}

export function detail(report: SqliteReport): string {
  const rows = report.outcomes.map(({ name, cost, over, ratio }) => [
    name,
    short(cost.median),
    short(over.median),
    short(ratio.median),
    `${short(ratio.min)} – ${short(ratio.max)}`,
  ]);
  return `${report.load.title}\n\n${table(["", "µs", "µs over bare", "× bare", "min – max"], rows)}${closing(verdict(report))}`;
}

export function mixedDetail(reports: readonly MixedReport[]): string {
  const rows = reports.map(({ name, figures: each }) => [
    name,
    ...[each.loopMax, each.loopP99, each.pointP50, each.pointP99, each.longReads].map(({ median }) => short(median)),
  ]);
  const head = ["", "loop delay max", "loop delay p99", "point p50", "point p99", "long reads"];
  const verdicts = mixedVerdicts(reports).map(closing).join("");
  return `long reads, point reads and writes at once; ms, medians of the rounds\n\n${table(head, rows)}${verdicts}`;
}

function closing(verdict: Verdict | undefined): string {
  if (!verdict) return "";
  return `\n\nours ${short(verdict.figure)}, goal ${verdict.goal}: ${verdict.met ? "met" : "MISSED"}`;
}

/** All loads beside one another, in µs. */
export function summary(reports: readonly SqliteReport[]): string {
  const names = [...new Set(reports.flatMap(({ outcomes }) => outcomes.map(({ name }) => name)))];
  const rows = names.map((name) => [
    name,
    ...reports.map(({ outcomes }) => short(outcomes.find((each) => each.name === name)?.cost.median ?? NaN)),
  ]);
  const goals = reports.map(({ load: { goal } }) =>
    goal ? `${goal.of === "cost" ? "" : "bare + "}≤ ${String(goal.most)}` : "–",
  );
  return table(["µs", ...reports.map(({ load }) => load.title)], [...rows, ["goal for ours", ...goals]]);
}
