import { useEffect, useRef } from "preact/hooks";
import type { History } from "../feed/history.js";
import { useColours } from "../theme.js";
import { connections } from "./plot.js";

const WIDTH = 120;
const HEIGHT = 26;
const SHOWN = 120;

/** The last two minutes of a pool's connections, as small as a word. The numbers beside it say the same. */
export function Spark({ history }: { history: History }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colour = useColours();
  const paint = connections.traces.map((trace) => colour(trace.colour)).join();
  const latest = history.times.at(-1);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const ratio = Math.min(3, devicePixelRatio);
    context.canvas.width = WIDTH * ratio;
    context.canvas.height = HEIGHT * ratio;
    context.scale(ratio, ratio);
    draw(context, history, colour);
  }, [history, latest, paint]);

  return <canvas ref={canvas} class="spark" width={WIDTH} height={HEIGHT} aria-hidden="true" />;
}

function draw(context: CanvasRenderingContext2D, history: History, colour: (name: string) => string): void {
  const drawn = connections.traces.map((trace) => ({
    colour: colour(trace.colour),
    heights: (trace.heights ?? trace.values)(history).slice(-SHOWN),
    isLimit: trace.shape === "dashes",
  }));
  const highest = Math.max(1, ...drawn.flatMap(({ heights }) => heights));
  const y = (height: number): number => HEIGHT - (height / highest) * (HEIGHT - 2);
  for (const { colour: fill, heights, isLimit } of drawn) {
    context.fillStyle = fill;
    for (const [at, height] of heights.entries()) {
      const left = WIDTH - heights.length + at;
      if (isLimit) context.fillRect(left, y(height) - 0.5, 1, 1);
      else context.fillRect(left, y(height), 1, HEIGHT - y(height));
    }
  }
}
