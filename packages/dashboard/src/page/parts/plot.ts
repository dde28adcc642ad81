import type { History } from "../feed/history.js";
import { span } from "../format.js";

/** One line or area of a chart. */
export interface Trace {
  readonly label: string;
  /** The custom property that holds its colour. */
  readonly colour: string;
  readonly shape: "area" | "line" | "dashes";
  /** Its value, for people. */
  readonly values: (history: History) => readonly number[];
  /** Where it is drawn, when that is not its value: areas that stand on one another. */
  readonly heights?: (history: History) => readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly unit: "" | "ms" | "/s";
  /** Drawn in this order: what comes later covers what came before. */
  readonly traces: readonly Trace[];
  /** The highest that the axis shows at least. */
  readonly least: number;
}

/** What is lent, ready and wanted, one on top of the other, against the limit: what rises over the limit are callers that wait. */
export const connections: Plot = {
  title: "Connections",
  unit: "",
  least: 1,
  traces: [
    {
      label: "waiting",
      colour: "waiting",
      shape: "area",
      values: ({ waiting }) => waiting,
      heights: ({ leased, idle, waiting }) => waiting.map((n, at) => n + (leased[at] ?? 0) + (idle[at] ?? 0)),
    },
    {
      label: "idle",
      colour: "idle",
      shape: "area",
      values: ({ idle }) => idle,
      heights: ({ leased, idle }) => idle.map((n, at) => n + (leased[at] ?? 0)),
    },
    { label: "in use", colour: "used", shape: "area", values: ({ leased }) => leased },
    { label: "limit", colour: "limit", shape: "dashes", values: ({ limit }) => limit },
  ],
};

export const waits: Plot = {
  title: "Wait",
  unit: "ms",
  least: 1,
  traces: [
    { label: "p99", colour: "waiting", shape: "line", values: ({ waitP99 }) => waitP99 },
    { label: "p95", colour: "waiting-soft", shape: "line", values: ({ waitP95 }) => waitP95 },
  ],
};

export const holds: Plot = {
  title: "Hold",
  unit: "ms",
  least: 1,
  traces: [
    { label: "p99", colour: "used", shape: "line", values: ({ holdP99 }) => holdP99 },
    { label: "p95", colour: "used-soft", shape: "line", values: ({ holdP95 }) => holdP95 },
  ],
};

export const work: Plot = {
  title: "Work",
  unit: "/s",
  least: 1,
  traces: [
    { label: "statements", colour: "used", shape: "area", values: ({ statements }) => statements },
    { label: "timeouts", colour: "waiting", shape: "line", values: ({ timeouts }) => timeouts },
    { label: "errors", colour: "bad", shape: "line", values: ({ errors }) => errors },
  ],
};

/** The traces as they are read: from the ground up, areas first and the limit last. */
export function inReadingOrder({ traces }: Plot): readonly Trace[] {
  const upwards = traces.toReversed();
  return (["area", "line", "dashes"] as const).flatMap((wanted) => upwards.filter(({ shape }) => shape === wanted));
}

export function reading(value: number | undefined, unit: Plot["unit"]): string {
  if (value === undefined) return "–";
  if (unit === "ms") return span(value);
  return `${Math.round(value * 10) / 10}${unit}`;
}
