import type { HolderSnapshot, MonitorSnapshot } from "@pool/monitor";
import { span } from "../format.js";
import { Badge } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Section } from "../parts/section.js";
import { callerOf } from "../parts/stack.js";
import { open } from "../route.js";

export interface Held {
  readonly pool: string;
  readonly holder: HolderSnapshot;
}

/** Who has what now, the longest hold first. */
export function Holders({ snapshot }: { snapshot: MonitorSnapshot }) {
  const held = heldIn(snapshot, ({ holders }) => holders).sort((a, b) => b.holder.heldMs - a.holder.heldMs);
  const leased = snapshot.pools.reduce((sum, { stats }) => sum + stats.leased, 0);
  return (
    <Section id="holders" title="Holders now" count={leased} about="oldest first">
      <DataTable
        label="Holders now, oldest first"
        columns={columnsOf("held")}
        rows={held}
        idOf={idOf}
        onOpen={openHolder}
        toneOf={({ holder }) => (holder.leak ? "bad" : undefined)}
        empty="Nothing is lent."
      />
    </Section>
  );
}

/** Transactions that are open now, the oldest first: what holds locks, and keeps old rows from being cleaned up. */
export function Transactions({ snapshot }: { snapshot: MonitorSnapshot }) {
  const held = heldIn(snapshot, ({ transactions }) => transactions).sort((a, b) => ageOf(b) - ageOf(a));
  return (
    <Section id="transactions" title="Open transactions" count={held.length} about="oldest first">
      <DataTable
        label="Open transactions, oldest first"
        columns={columnsOf("open")}
        rows={held}
        idOf={idOf}
        onOpen={openHolder}
        empty="No transaction is open."
      />
    </Section>
  );
}

function columnsOf(age: "held" | "open"): Column<Held>[] {
  return [
    {
      label: "Holder",
      cell: ({ holder }) => (
        <>
          {holder.label ?? `lease ${holder.leaseId}`} {holder.leak && <Badge tone="bad">leak</Badge>}
        </>
      ),
    },
    { label: "Pool", extra: true, cell: ({ pool }) => pool },
    {
      label: age === "open" ? "Open" : "Held",
      numeric: true,
      cell: (one) => span(age === "open" ? ageOf(one) : one.holder.heldMs),
    },
    { label: "Busy", numeric: true, cell: ({ holder }) => span(holder.busyMs) },
    {
      label: age === "open" ? "Last statement" : "Acquired at, last statement",
      long: true,
      extra: true,
      cell: ({ holder }) => (
        <span class="clip code-text">
          {[age === "held" && callerOf(holder.acquiredAt), holder.lastStatement].filter(Boolean).join(" — ") || "–"}
        </span>
      ),
    },
  ];
}

function heldIn(
  { pools }: MonitorSnapshot,
  of: (pool: MonitorSnapshot["pools"][number]) => readonly HolderSnapshot[],
): Held[] {
  return pools.flatMap((pool) => of(pool).map((holder) => ({ pool: pool.name, holder })));
}

function ageOf({ holder }: Held): number {
  return holder.transactionMs ?? 0;
}

function idOf({ pool, holder }: Held): string {
  return `${pool} ${holder.leaseId} ${holder.resourceId}`;
}

function openHolder({ pool, holder }: Held): void {
  open("holder", pool, holder.leaseId);
}
