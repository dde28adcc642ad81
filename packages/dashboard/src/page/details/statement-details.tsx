import type { SlowStatement, StatementSnapshot } from "@pool/monitor";
import { count, percent, span, timeOfDay } from "../format.js";
import { Code } from "../parts/code.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Distributions } from "../parts/distributions.js";
import { Facts } from "../parts/facts.js";

interface Props {
  readonly statement: StatementSnapshot | undefined;
  /** The slow ones of this shape. */
  readonly slow: readonly SlowStatement[];
}

const columns: Column<SlowStatement>[] = [
  { label: "At", cell: ({ at }) => timeOfDay(at) },
  { label: "Caller", cell: ({ label }) => label ?? "–" },
  { label: "Rows", numeric: true, cell: ({ rows }) => (rows === null ? "–" : count(rows)) },
  { label: "Took", numeric: true, cell: ({ durationMs }) => span(durationMs) },
  { label: "Error", extra: true, cell: ({ error }) => error?.code ?? error?.class ?? "" },
];

/** All statements of one shape. */
export function StatementDetails({ statement, slow }: Props) {
  const text = statement?.text ?? slow[0]?.text ?? "";
  return (
    <>
      <Code text={text} label="Statement" />
      {statement && (
        <>
          <Facts
            facts={{
              Calls: count(statement.count),
              "Time in all": span(statement.totalMs),
              Errors: `${count(statement.errors)}, ${percent(statement.count === 0 ? 0 : statement.errors / statement.count)} of the calls`,
              Slow: count(statement.slow),
              "Rows per call": count(Math.round(statement.rows / Math.max(1, statement.count))),
              Callers: statement.labels.map(({ label, count: n }) => `${label} (${count(n)})`).join(", ") || null,
              "Last run": timeOfDay(statement.lastAt),
            }}
          />
          <Distributions label="Times" rows={[["Statement", statement.time]]} />
        </>
      )}
      <h3>Slow ones</h3>
      <DataTable
        label="Slow ones"
        columns={columns}
        rows={slow}
        idOf={({ at, leaseId }) => `${at} ${leaseId}`}
        empty="None of the last ones was slow."
      />
    </>
  );
}
