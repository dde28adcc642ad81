import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { History } from "../feed/history.js";
import { useColours } from "../theme.js";
import { ChartTable } from "./chart-table.js";
import { axes, drawnSeries, dataOf, scales } from "./chart-options.js";
import { useVisible } from "./use-visible.js";
import { inReadingOrder, type Plot, reading } from "./plot.js";

interface Props {
  readonly plot: Plot;
  /** Whose it is, for those who hear it. */
  readonly name: string;
  readonly history: History;
  readonly height: number;
  /** Charts of one group show the same moment under the pointer. */
  readonly group?: string;
}

/** A plot over the last minutes, with what it says now or under the pointer, and a table of the same. */
export function Chart({ plot, name, history, height, group }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const newest = useRef(history);
  newest.current = history;
  const [at, setAt] = useState<number | null>(null);
  const colour = useColours();
  const visible = useVisible(frame);
  const paint = plot.traces.map((trace) => colour(trace.colour)).join();

  useEffect(() => {
    const element = frame.current;
    if (!element || !visible) return;
    const options: uPlot.Options = {
      width: element.clientWidth || 300,
      height,
      padding: [6, 12, 0, 0],
      series: [{}, ...drawnSeries(plot, colour)],
      scales: scales(plot),
      axes: axes(plot, colour),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, ...(group && { sync: { key: group } }) },
      hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? null)] },
    };
    const drawn = new uPlot(options, dataOf(plot, newest.current), element);
    chart.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      chart.current = null;
    };
  }, [plot, height, group, paint, visible]);

  const { length } = history.times;
  const latest = history.times[length - 1];
  useEffect(() => chart.current?.setData(dataOf(plot, history)), [plot, history, latest]);

  const moment = at !== null && at < length ? at : length - 1;
  const readings = inReadingOrder(plot).map((trace) => ({
    trace,
    text: reading(trace.values(history)[moment], plot.unit),
  }));
  const summary = readings.map(({ trace, text }) => `${trace.label} ${text}`).join(", ");
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{plot.title}</span>
        <span class="legend">
          {readings.map(({ trace, text }) => (
            <span key={trace.label} class={`key ${trace.shape}`}>
              <i style={{ "--key": `var(--${trace.colour})` }} aria-hidden="true" />
              {trace.label} <b>{text}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div
        ref={frame}
        style={{ height: `${height}px` }}
        role="img"
        aria-label={`${plot.title} of ${name} over time; now ${summary}`}
      />
      <ChartTable plot={plot} name={name} history={history} />
    </figure>
  );
}
