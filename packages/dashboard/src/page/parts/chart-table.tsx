import { useState } from "preact/hooks";
import type { History } from "../feed/history.js";
import { timeOfDay } from "../format.js";
import { inReadingOrder, type Plot, reading } from "./plot.js";

const ROWS = 60;

/** The same numbers as a table, for those who do not see the chart or want to read them: every tenth second, the newest first. */
export function ChartTable({ plot, name, history }: { plot: Plot; name: string; history: History }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="chart-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary aria-label={`${plot.title} of ${name} as a table`}>Table</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${plot.title} of ${name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {inReadingOrder(plot).map(({ label }) => (
                  <th key={label} scope="col" class="numeric">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {momentsOf(history).map((at) => (
                <tr key={history.times[at]}>
                  <th scope="row">{timeOfDay(history.times[at] ?? 0)}</th>
                  {inReadingOrder(plot).map(({ label, values }) => (
                    <td key={label} class="numeric">
                      {reading(values(history)[at], plot.unit)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

/** The newest, and before it those at whole tens of seconds: rows stay what they are while new ones come. */
function momentsOf({ times }: History): number[] {
  const moments: number[] = [];
  for (let at = times.length - 1; at >= 0 && moments.length < ROWS; at--) {
    const second = Math.floor((times[at] ?? 0) / 1_000);
    if (at === times.length - 1 || second % 10 === 0) moments.push(at);
  }
  return moments;
}
