import type { Outcome } from "../lib/rounds.ts";
import { short, table } from "../lib/table.ts";
import { OURS } from "./ours.ts";
import { BASELINE, type RedisReport } from "./run.ts";
import type { Figures } from "./thread.ts";

export interface Verdict {
  readonly goal: string;
  readonly figure: number;
  readonly met: boolean;
}

/** Least share of one ioredis connection's throughput, by the number of callers. */
const GOALS: Readonly<Record<number, number>> = { 1: 0.97, 100: 2, 1_000: 3 };

/** Which goal has this load, and does ours meet it? */
export function verdicts({ load, figures }: RedisReport): Verdict[] {
  const figure = outcomeOf(figures.rate, OURS)?.ratio.median;
  const least = GOALS[load.callers];
  if (figure === undefined || least === undefined) return [];
  return [{ goal: `≥ ${String(least)} × throughput at ${String(load.callers)}`, figure, met: figure >= least }];
}

/** One load: what each contestant took, and the ratios to one ioredis connection with their spread. */
export function detail(report: RedisReport): string {
  const { load, figures } = report;
  const rows = figures.rate.map((rate) => {
    const cpu = outcomeOf(figures.cpu, rate.name);
    return [rate.name, short(cpu?.cost.median ?? NaN), ratioOf(cpu), short(rate.cost.median), ratioOf(rate)];
  });
  const head = ["", "µs CPU", `× ${BASELINE} (min – max)`, "per second", `× ${BASELINE} (min – max)`];
  return [load.title, table(head, rows), ...verdicts(report).map(closing)].join("\n\n");
}

/** All loads below one another: ioredis's own figure, and everybody as a multiple of it. */
export function summary(reports: readonly RedisReport[]): string {
  return [
    `Throughput, × that of one ${BASELINE} connection:`,
    comparison(reports, "rate", "per s"),
    `Client CPU time per command, × that of one ${BASELINE} connection:`,
    comparison(reports, "cpu", "µs"),
    ...reports.flatMap((report) => verdicts(report).map((verdict) => `${report.load.title}: ${closing(verdict)}`)),
  ].join("\n\n");
}

function comparison(reports: readonly RedisReport[], figure: keyof Figures, unit: string): string {
  const all = reports.flatMap(({ figures }) => figures[figure].map(({ name }) => name));
  const names = [...new Set(all)].filter((name) => name !== BASELINE);
  const rows = reports.map(({ load, figures }) => [
    load.title,
    short(outcomeOf(figures[figure], BASELINE)?.cost.median ?? NaN),
    ...names.map((name) => short(outcomeOf(figures[figure], name)?.ratio.median ?? NaN)),
  ]);
  return table(["", `${BASELINE}, ${unit}`, ...names], rows);
}

function closing({ goal, figure, met }: Verdict): string {
  return `ours ${short(figure)}, goal ${goal}: ${met ? "met" : "MISSED"}`;
}

function outcomeOf(outcomes: readonly Outcome[], name: string): Outcome | undefined {
  return outcomes.find((outcome) => outcome.name === name);
}

function ratioOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "";
  const { median, min, max } = outcome.ratio;
  return `${short(median)} (${short(min)} – ${short(max)})`;
}
