import type { MonitorSnapshot } from "@pool/monitor";
import { count } from "../format.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Section } from "../parts/section.js";

export interface Reason {
  readonly reason: string;
  readonly n: number;
  readonly share: number;
}

/** Why connections were closed, since their pools were made. */
export function CloseReasons({ snapshot }: { snapshot: MonitorSnapshot }) {
  const reasons = reasonsOf(snapshot.pools.map(({ stats }) => stats.totals.closedBy));
  return (
    <Section id="close-reasons" title="Why connections were closed">
      <ReasonTable reasons={reasons} />
    </Section>
  );
}

export function ReasonTable({ reasons }: { reasons: readonly Reason[] }) {
  const columns: Column<Reason>[] = [
    { label: "Reason", long: true, cell: ({ reason }) => reason },
    {
      label: "Closed",
      numeric: true,
      cell: ({ n, share }) => (
        <span class="bar" style={{ "--share": `${Math.round(share * 100)}%` }}>
          {count(n)}
        </span>
      ),
    },
  ];
  return (
    <DataTable
      label="Close reasons"
      columns={columns}
      rows={reasons}
      idOf={({ reason }) => reason}
      empty="None has been closed."
    />
  );
}

/** The reasons of several pools added up, the most frequent first. */
export function reasonsOf(counts: readonly Readonly<Record<string, number>>[]): Reason[] {
  const sums = new Map<string, number>();
  for (const one of counts)
    for (const [reason, n] of Object.entries(one)) sums.set(reason, (sums.get(reason) ?? 0) + n);
  const most = Math.max(1, ...sums.values());
  return [...sums]
    .filter(([, n]) => n > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([reason, n]) => ({ reason, n, share: n / most }));
}
