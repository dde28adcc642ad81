import uPlot from "uplot";
import type { History } from "../feed/history.js";
import { span, timeOfDay } from "../format.js";
import type { Plot, Trace } from "./plot.js";

/** What a chart shows: five minutes, whether or not there is data of all of them. */
const SHOWN = 300;

const round = (value: number): string => (value >= 1_000 ? `${Math.round(value / 100) / 10}k` : String(value));

export function dataOf({ traces }: Plot, history: History): uPlot.AlignedData {
  const from = Math.max(0, history.times.length - SHOWN);
  const columns = traces.map((trace) => (trace.heights ?? trace.values)(history).slice(from));
  return [history.times.slice(from).map((time) => time / 1_000), ...columns];
}

export function drawnSeries({ traces }: Plot, colour: (name: string) => string): uPlot.Series[] {
  return traces.map((trace) => ({
    label: trace.label,
    points: { show: false },
    ...strokeOf(trace, colour(trace.colour)),
  }));
}

function strokeOf({ shape, heights }: Trace, colour: string): uPlot.Series {
  // Counts change from one moment to the next, so their areas have steps.
  const { stepped } = uPlot.paths;
  const steps = stepped ? { paths: stepped({ align: 1 }) } : {};
  if (shape === "area") return { fill: colour, width: heights ? 0 : 1, stroke: colour, ...steps };
  if (shape === "dashes") return { stroke: colour, width: 1.5, dash: [4, 4], ...steps };
  return { stroke: colour, width: 1.5 };
}

export function scales({ least }: Plot): uPlot.Scales {
  return {
    x: { time: true, range: (_, __, to) => [to - SHOWN, to] },
    y: { range: (_, __, to) => [0, Math.max(least, to) * 1.12] },
  };
}

export function axes({ unit }: Plot, colour: (name: string) => string): uPlot.Axis[] {
  const shared = {
    stroke: colour("muted"),
    font: "11px system-ui, sans-serif",
    ticks: { show: false },
  };
  return [
    {
      ...shared,
      size: 22,
      gap: 4,
      space: 48,
      incrs: [60],
      grid: { show: false },
      values: (_, times) => times.map((time) => timeOfDay(time * 1_000).slice(0, 5)),
    },
    {
      ...shared,
      size: 48,
      gap: 6,
      space: 28,
      grid: { stroke: colour("grid"), width: 1 },
      ...(unit === "" && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] }),
      values: (_, values) => values.map((value) => (unit === "ms" ? span(value) : round(value))),
    },
  ];
}
