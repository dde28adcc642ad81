import type { Outcome } from "../lib/rounds.ts";
import { short, table } from "../lib/table.ts";
import type { DriftReport } from "./drift.ts";
import type { Figures } from "../lib/measure.ts";
import { BASELINE, type PostgresReport } from "./run.ts";

export interface Verdict {
  readonly goal: string;
  readonly figure: number;
  readonly met: boolean;
}

/** Most of pg.Pool's client CPU that a statement on a leased connection may take. */
const LEASED_CPU = 0.95;
/** Least share of pg.Pool's throughput that shared queries have, by the number of callers. Of short statements: decoding rows is not sped up by a pipeline. */
const SHARED_RATE: Readonly<Record<number, number>> = { 1: 0.97, 10: 2.5, 100: 3 };
const MOST_DRIFT = 0.05;

/** Which goals has this load, and does ours meet them? */
export function verdicts({ load, figures }: PostgresReport): Verdict[] {
  const leased = figures.cpu.find(({ name }) => name === "ours")?.ratio.median;
  const shared = figures.rate.find(({ name }) => name === "ours shared")?.ratio.median;
  const least = load.statement === "rows" ? undefined : SHARED_RATE[load.callers];
  return [
    ...(leased === undefined
      ? []
      : [{ goal: `leased ≤ ${String(LEASED_CPU)} × CPU`, figure: leased, met: leased <= LEASED_CPU }]),
    ...(shared === undefined || least === undefined
      ? []
      : [{ goal: `shared ≥ ${String(least)} × throughput`, figure: shared, met: shared >= least }]),
  ];
}

export function driftVerdicts(reports: readonly DriftReport[]): Verdict[] {
  return reports
    .filter(({ name }) => name.startsWith("ours"))
    .map(({ name, drift }) => ({
      goal: `drift of ${name} ≤ ${String(MOST_DRIFT)}`,
      figure: drift,
      met: drift <= MOST_DRIFT,
    }));
}

/** One load: what each contestant took, and the ratios to pg.Pool with their spread. */
export function detail(report: PostgresReport): string {
  const { load, figures } = report;
  const rows = figures.rate.map((rate) => {
    const cpu = outcomeOf(figures.cpu, rate.name);
    return [
      rate.name,
      short(cpu?.cost.median ?? NaN),
      ratioOf(cpu),
      short(rate.cost.median),
      ratioOf(rate),
      short(outcomeOf(figures.heap, rate.name)?.cost.median ?? NaN),
    ];
  });
  const head = ["", "µs CPU", "× pg.Pool (min – max)", "per second", "× pg.Pool (min – max)", "heap bytes"];
  return [load.title, table(head, rows), ...verdicts(report).map(closing)].join("\n\n");
}

/** All loads below one another: pg.Pool's own figure, and everybody as a multiple of it. */
export function summary(reports: readonly PostgresReport[]): string {
  return [
    "Client CPU time per statement, × that of pg.Pool:",
    comparison(reports, "cpu", "µs"),
    "Throughput, × that of pg.Pool:",
    comparison(reports, "rate", "per s"),
    ...goals(reports),
  ].join("\n\n");
}

export function driftDetail(reports: readonly DriftReport[]): string {
  const rows = reports.map(({ name, first, last, drift }) => [
    name,
    ...[first.cpu, last.cpu, first.rate, last.rate].map(short),
    `${drift < 0 ? "−" : "+"}${(Math.abs(drift) * 100).toFixed(1)} %`,
  ]);
  const head = ["", "µs CPU at first", "µs CPU at last", "per s at first", "per s at last", "CPU"];
  return [
    "Kept busy for a minute by 100 callers, reads by key; the first and the last seconds:",
    table(head, rows),
    ...driftVerdicts(reports).map(closing),
  ].join("\n\n");
}

function comparison(reports: readonly PostgresReport[], figure: keyof Figures, unit: string): string {
  const names = [...new Set(reports.flatMap(({ figures }) => figures[figure].map(({ name }) => name)))]
    .filter((name) => name !== BASELINE)
    .filter((name) => reports.some(({ figures }) => !Number.isNaN(outcomeOf(figures[figure], name)?.cost.median)));
  const rows = reports.map(({ load, figures }) => [
    load.title,
    short(outcomeOf(figures[figure], BASELINE)?.cost.median ?? NaN),
    ...names.map((name) => short(outcomeOf(figures[figure], name)?.ratio.median ?? NaN)),
  ]);
  return table(["", `${BASELINE}, ${unit}`, ...names], rows);
}

/** In one line for each goal: the loads that miss it. */
function goals(reports: readonly PostgresReport[]): string[] {
  const all = reports.flatMap((report) =>
    verdicts(report).map((verdict) => ({ ...verdict, title: report.load.title })),
  );
  return [...new Set(all.map(({ goal }) => goal))].map((goal) => {
    const of = all.filter((each) => each.goal === goal);
    const missed = of.filter(({ met }) => !met).map(({ title, figure }) => `${title} ${short(figure)}`);
    return `goal ${goal}: ${missed.length === 0 ? "met" : `MISSED by ${missed.join(", ")}`} (${String(of.length - missed.length)} of ${String(of.length)})`;
  });
}

function closing({ goal, figure, met }: Verdict): string {
  return `goal ${goal}: ${short(figure)}, ${met ? "met" : "MISSED"}`;
}

function outcomeOf(outcomes: readonly Outcome[], name: string): Outcome | undefined {
  return outcomes.find((each) => each.name === name);
}

function ratioOf(outcome: Outcome | undefined): string {
  if (outcome === undefined || Number.isNaN(outcome.ratio.median)) return "–";
  const { median, min, max } = outcome.ratio;
  return `${short(median)} (${short(min)} – ${short(max)})`;
}
