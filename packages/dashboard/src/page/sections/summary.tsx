import type { MonitorSnapshot } from "@pool/monitor";
import { count, percent, span } from "../format.js";
import { goTo } from "../go-to.js";
import { sumUp } from "../pressure.js";

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** The part of the page that tells more. */
  readonly target: string;
  readonly tone?: "fair" | "bad" | false;
}

/** Everything in seven numbers: where to look first. */
export function Summary({ snapshot }: { snapshot: MonitorSnapshot }) {
  return (
    <nav class="summary" aria-label="Key figures">
      {figuresOf(snapshot).map(({ label, value, note, target, tone }) => (
        <a key={label} href={`#${target}`} class={tone === false ? undefined : tone} onClick={goTo(target)}>
          <span class="figure-label">{label}</span>
          <b>{value}</b>
          <span class="note">{note}</span>
        </a>
      ))}
    </nav>
  );
}

function figuresOf(snapshot: MonitorSnapshot): Figure[] {
  const sums = sumUp(snapshot);
  const within = `in ${span(snapshot.windowMs).replace(/ 00 s$/, "")}`;
  const sick = snapshot.connectors.filter(({ state }) => state !== "ready").length;
  return [
    {
      label: "In use",
      value: `${count(sums.leased)} / ${count(sums.limit)}`,
      note: "connections",
      target: "pools",
      tone: sums.limit > 0 && sums.leased / sums.limit > 0.9 && "fair",
    },
    {
      label: "Waiting",
      value: count(sums.waiting),
      note: "callers now",
      target: "pools",
      tone: sums.waiting > 0 && "fair",
    },
    {
      label: "Timeouts",
      value: count(sums.timeouts),
      note: sums.refused > 0 ? `and ${count(sums.refused)} refused ${within}` : within,
      target: "pools",
      tone: sums.timeouts + sums.refused > 0 && "bad",
    },
    {
      label: "Statements",
      value: count(sums.statements),
      note: sums.slow > 0 ? `${count(sums.slow)} slow ${within}` : within,
      target: "statements",
      tone: sums.slow > 0 && "fair",
    },
    {
      label: "Errors",
      value: percent(sums.errorRatio),
      note: "of statements",
      target: "statements",
      tone: sums.errorRatio > 0.05 ? "bad" : sums.errorRatio > 0.01 && "fair",
    },
    { label: "Leaks", value: count(sums.leaks), note: "open", target: "leaks", tone: sums.leaks > 0 && "bad" },
    {
      label: "Connectors",
      value: `${snapshot.connectors.length - sick} / ${snapshot.connectors.length}`,
      note: "ready",
      target: "connectors",
      tone: sick > 0 && "bad",
    },
  ];
}
