import type { MonitorSnapshot, SlowStatement, StatementSnapshot } from "@pool/monitor";
import { count, plural, span, timeOfDay } from "../format.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Section } from "../parts/section.js";
import { open } from "../route.js";

/** What the backends spend their time on. */
export function Statements({ snapshot }: { snapshot: MonitorSnapshot }) {
  const { rows, others } = snapshot.statements;
  const all = rows.reduce((sum, { totalMs }) => sum + totalMs, others.totalMs) || 1;
  const columns: Column<StatementSnapshot>[] = [
    { label: "Statement", long: true, cell: ({ text }) => <span class="clip code-text">{text}</span> },
    { label: "Pool", extra: true, cell: ({ pool }) => pool },
    { label: "Calls", numeric: true, extra: true, cell: (row) => count(row.count) },
    { label: "Errors", numeric: true, extra: true, cell: ({ errors }) => count(errors) },
    { label: "p95", numeric: true, extra: true, cell: ({ time }) => span(time.p95) },
    { label: "p99", numeric: true, cell: ({ time }) => span(time.p99) },
    {
      label: "Time in all",
      numeric: true,
      cell: ({ totalMs }) => (
        <span class="bar" style={{ "--share": `${Math.round((totalMs / all) * 100)}%` }}>
          {span(totalMs)}
        </span>
      ),
    },
  ];
  return (
    <Section id="statements" title="Top statements" about="by time in all">
      <DataTable
        label="Top statements, by time in all"
        columns={columns}
        rows={rows}
        idOf={({ pool, fingerprint }) => `${pool} ${fingerprint}`}
        onOpen={({ pool, fingerprint }) => open("statement", pool, fingerprint)}
        toneOf={({ slow }) => (slow > 0 ? "fair" : undefined)}
        empty="No statement has run."
      />
      {others.fingerprints > 0 && (
        <p class="note">
          And {plural(others.fingerprints, "more statement")}, run {count(others.count)} times in {span(others.totalMs)}
          .
        </p>
      )}
    </Section>
  );
}

/** The last ones that took long, one by one. */
export function SlowStatements({ snapshot }: { snapshot: MonitorSnapshot }) {
  const columns: Column<SlowStatement>[] = [
    { label: "Statement", long: true, cell: ({ text }) => <span class="clip code-text">{text}</span> },
    { label: "Caller", extra: true, cell: ({ label }) => label ?? "–" },
    { label: "Rows", numeric: true, extra: true, cell: ({ rows }) => (rows === null ? "–" : count(rows)) },
    { label: "Took", numeric: true, cell: ({ durationMs }) => span(durationMs) },
    { label: "At", numeric: true, cell: ({ at }) => timeOfDay(at) },
  ];
  return (
    <Section id="slow" title="Slow statements" about={`slow from ${span(snapshot.slowAfter)}, newest first`}>
      <DataTable
        label="Slow statements, newest first"
        columns={columns}
        rows={snapshot.slowStatements}
        idOf={({ at, leaseId, fingerprint }) => `${at} ${leaseId} ${fingerprint}`}
        onOpen={({ pool, fingerprint }) => open("statement", pool, fingerprint)}
        toneOf={({ slow, error }) => (error ? "bad" : slow ? "fair" : undefined)}
        empty="None was slow."
        first={6}
      />
    </Section>
  );
}
