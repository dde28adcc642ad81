import type { Outcome } from "../lib/rounds.ts";
import { short, table } from "../lib/table.ts";
import { BASELINE, type EtcdReport } from "./run.ts";

/** Least share of etcd3's throughput. */
const LEAST_RATE = 0.98;

export interface Verdict {
  readonly goal: string;
  readonly figure: number;
  readonly met: boolean;
}

export function verdict({ figures }: EtcdReport): Verdict {
  const figure = ratioOf(figures.rate, "ours");
  return { goal: `≥ ${String(LEAST_RATE)} × throughput`, figure, met: figure >= LEAST_RATE };
}

/** All loads below one another: etcd3's own figures, and ours as a multiple of them, with the spread of the rounds. */
export function summary(reports: readonly EtcdReport[]): string {
  const rows = reports.map(({ load, figures }) => [
    load.title,
    short(costOf(figures.cpu, BASELINE)),
    spreadOf(figures.cpu),
    short(costOf(figures.rate, BASELINE)),
    spreadOf(figures.rate),
  ]);
  const head = ["", "etcd3, µs CPU", "ours, × (min – max)", "etcd3, per s", "ours, × (min – max)"];
  const missed = reports.filter((report) => !verdict(report).met).map(({ load }) => load.title);
  const closing = missed.length === 0 ? "met by all" : `MISSED by ${missed.join(", ")}`;
  return [table(head, rows), `goal ≥ ${String(LEAST_RATE)} × throughput: ${closing}`].join("\n\n");
}

function spreadOf(outcomes: readonly Outcome[]): string {
  const found = outcomes.find(({ name }) => name === "ours");
  if (found === undefined) return "–";
  const { median, min, max } = found.ratio;
  return `${short(median)} (${short(min)} – ${short(max)})`;
}

function costOf(outcomes: readonly Outcome[], who: string): number {
  return outcomes.find(({ name }) => name === who)?.cost.median ?? NaN;
}

function ratioOf(outcomes: readonly Outcome[], who: string): number {
  return outcomes.find(({ name }) => name === who)?.ratio.median ?? NaN;
}
