import type { LeakSnapshot, MonitorSnapshot } from "@pool/monitor";
import { span, timeOfDay } from "../format.js";
import { Badge, type Tone } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Section } from "../parts/section.js";
import { callerOf } from "../parts/stack.js";
import { open } from "../route.js";

export const LEAK_TONES: Readonly<Record<LeakSnapshot["state"], Tone>> = {
  open: "bad",
  returned: "good",
  reclaimed: "fair",
  ended: "plain",
};

/** What became of a leak, in a word; a dropped one has ended when it is found. */
export function leakState({ kind, state }: LeakSnapshot): string {
  return kind === "dropped" && state === "ended" ? "dropped" : state;
}

/** Leases that were held too long or dropped, with where they were acquired. */
export function Leaks({ snapshot }: { snapshot: MonitorSnapshot }) {
  const columns: Column<LeakSnapshot>[] = [
    { label: "Lease", cell: ({ holder }) => holder.label ?? `lease ${holder.leaseId}` },
    { label: "Pool", extra: true, cell: ({ pool }) => pool },
    { label: "State", cell: (leak) => <Badge tone={LEAK_TONES[leak.state]}>{leakState(leak)}</Badge> },
    { label: "Held", numeric: true, cell: ({ holder }) => span(holder.heldMs) },
    {
      label: "Acquired at",
      extra: true,
      long: true,
      cell: ({ holder }) => <span class="clip code-text">{callerOf(holder.acquiredAt) ?? "–"}</span>,
    },
    { label: "Reported", numeric: true, extra: true, cell: ({ reportedAt }) => timeOfDay(reportedAt) },
  ];
  return (
    <Section id="leaks" title="Leaks" count={snapshot.leaks.filter(({ state }) => state === "open").length}>
      <DataTable
        label="Leaks"
        columns={columns}
        rows={snapshot.leaks}
        idOf={({ id }) => id}
        onOpen={({ id }) => open("leak", id)}
        toneOf={({ state }) => (state === "open" ? "bad" : "over")}
        empty="No lease has leaked."
      />
    </Section>
  );
}
