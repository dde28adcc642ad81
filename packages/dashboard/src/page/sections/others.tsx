import type { CacheSnapshot, LockSnapshot, MonitorSnapshot, SharedSnapshot } from "@pool/monitor";
import { count, percent, span, spanOf } from "../format.js";
import { Badge } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Section } from "../parts/section.js";

const shared: Column<SharedSnapshot>[] = [
  { label: "Connections", cell: ({ name }) => name },
  { label: "Statements", numeric: true, cell: ({ recent }) => count(recent.statements) },
  { label: "Errors", numeric: true, cell: ({ recent }) => count(recent.errors) },
  { label: "p95", numeric: true, extra: true, cell: ({ statement }) => spanOf(statement.count, statement.p95) },
  { label: "p99", numeric: true, cell: ({ statement }) => spanOf(statement.count, statement.p99) },
];

const caches: Column<CacheSnapshot>[] = [
  { label: "Cache", cell: ({ name }) => name },
  { label: "Hits", numeric: true, cell: ({ hitRatio }) => percent(hitRatio) },
  { label: "Misses", numeric: true, cell: ({ misses }) => count(misses) },
  { label: "Work p99", numeric: true, cell: ({ compute }) => spanOf(compute.count, compute.p99) },
  {
    label: "Stores away",
    cell: ({ stores }) => {
      const away = stores.filter(({ state }) => state === "away").map(({ store }) => store);
      return away.length === 0 ? "none" : <Badge tone="bad">{away.join(", ")}</Badge>;
    },
  },
];

const locks: Column<LockSnapshot>[] = [
  { label: "Locks", cell: ({ kind }) => kind },
  { label: "Held", numeric: true, cell: ({ held }) => count(held) },
  { label: "Lost", numeric: true, cell: ({ lost }) => count(lost) },
  { label: "Failed", numeric: true, extra: true, cell: ({ failed }) => count(failed) },
  { label: "Wait p99", numeric: true, cell: ({ wait }) => spanOf(wait.count, wait.p99) },
  { label: "Longest hold", numeric: true, extra: true, cell: ({ hold }) => (hold.count === 0 ? "–" : span(hold.max)) },
];

/** What not every service has: each part is there only where there is something to show. */
export function Others({ snapshot }: { snapshot: MonitorSnapshot }) {
  return (
    <>
      {snapshot.shared.length > 0 && (
        <Section id="shared" title="Shared connections" about="of the window">
          <DataTable
            label="Shared connections"
            columns={shared}
            rows={snapshot.shared}
            idOf={(row) => row.name}
            empty=""
          />
        </Section>
      )}
      {snapshot.caches.length > 0 && (
        <Section id="caches" title="Caches">
          <DataTable
            label="Caches"
            columns={caches}
            rows={snapshot.caches}
            idOf={(row) => row.name}
            toneOf={({ stores }) => (stores.some(({ state }) => state === "away") ? "bad" : undefined)}
            empty=""
          />
        </Section>
      )}
      {snapshot.locks.length > 0 && (
        <Section id="locks" title="Locks">
          <DataTable label="Locks" columns={locks} rows={snapshot.locks} idOf={(row) => row.kind} empty="" />
        </Section>
      )}
    </>
  );
}
