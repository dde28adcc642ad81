import type { AlertSnapshot } from "@pool/monitor";
import { measure, span, timeOfDay } from "../format.js";
import { Badge } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Facts } from "../parts/facts.js";
import { open } from "../route.js";

interface Props {
  /** When it fired, the last time first. */
  readonly times: readonly AlertSnapshot[];
  readonly now: number;
}

/** One rule at one pool or connector: what it measures, and each time it fired. */
export function AlertDetails({ times, now }: Props) {
  const [alert] = times;
  if (!alert) return null;
  const columns: Column<AlertSnapshot>[] = [
    { label: "Fired", cell: ({ firedAt }) => timeOfDay(firedAt) },
    { label: "Resolved", cell: ({ resolvedAt }) => (resolvedAt === null ? "fires now" : timeOfDay(resolvedAt)) },
    { label: "For", numeric: true, cell: ({ firedAt, resolvedAt }) => span((resolvedAt ?? now) - firedAt) },
    { label: "Measured", numeric: true, cell: ({ value, unit }) => measure(value, unit) },
  ];
  return (
    <>
      <p>
        <Badge tone={alert.state === "resolved" ? "good" : alert.severity === "critical" ? "bad" : "fair"}>
          {alert.state === "resolved" ? "resolved" : alert.severity}
        </Badge>{" "}
        {alert.message}
      </p>
      <Facts
        facts={{
          Where: (
            <button type="button" class="text" onClick={() => open(alert.subjectKind, alert.subject)}>
              {alert.subjectKind} {alert.subject}
            </button>
          ),
          Measured: measure(alert.value, alert.unit),
          Threshold: measure(alert.threshold, alert.unit),
        }}
      />
      <h3>When it fired</h3>
      <DataTable label="When it fired" columns={columns} rows={times} idOf={({ firedAt }) => firedAt} empty="" />
    </>
  );
}
