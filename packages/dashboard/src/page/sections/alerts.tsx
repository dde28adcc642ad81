import type { AlertSnapshot, MonitorSnapshot } from "@pool/monitor";
import { measure, plural, span, timeOfDay } from "../format.js";
import { goTo } from "../go-to.js";
import { Badge } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Section } from "../parts/section.js";
import { open } from "../route.js";

/** So many have a line at the top of the page. */
const AT_TOP = 3;

/** What fires now, where it cannot be missed, the critical first; nothing while nothing does. */
export function FiringAlerts({ snapshot }: { snapshot: MonitorSnapshot }) {
  const { firing } = snapshot.alerts;
  if (firing.length === 0) return null;
  const isCritical = ({ severity }: AlertSnapshot): boolean => severity === "critical";
  const ordered = [...firing.filter(isCritical), ...firing.filter((alert) => !isCritical(alert))];
  const more = ordered.length - AT_TOP;
  return (
    <section class="firing" aria-label="Alerts that fire now">
      <ul>
        {ordered.slice(0, AT_TOP).map((alert) => (
          <li key={alert.id} class={alert.severity}>
            <Badge tone={alert.severity === "critical" ? "bad" : "fair"}>{alert.severity}</Badge>
            <button type="button" class="text" onClick={() => open("alert", alert.id)}>
              {alert.message}
            </button>
            <span class="note">for {span(snapshot.takenAt - alert.firedAt)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <a class="note" href="#alerts" onClick={goTo("alerts")}>
          and {plural(more, "more", "more")}
        </a>
      )}
    </section>
  );
}

/** Those that fire and those that did. */
export function Alerts({ snapshot }: { snapshot: MonitorSnapshot }) {
  const { firing, resolved } = snapshot.alerts;
  const columns: Column<AlertSnapshot>[] = [
    { label: "Alert", cell: ({ rule }) => rule },
    { label: "Where", extra: true, cell: ({ subject }) => subject },
    {
      label: "State",
      cell: ({ state, severity }) =>
        state === "firing" ? (
          <Badge tone={severity === "critical" ? "bad" : "fair"}>{severity}</Badge>
        ) : (
          <Badge tone="good">resolved</Badge>
        ),
    },
    { label: "Measured", numeric: true, extra: true, cell: ({ value, unit }) => measure(value, unit) },
    { label: "Since", numeric: true, cell: ({ firedAt, resolvedAt }) => timeOfDay(resolvedAt ?? firedAt) },
  ];
  return (
    <Section id="alerts" title="Alerts" count={firing.length}>
      <DataTable
        label="Alerts"
        columns={columns}
        rows={[...firing, ...resolved]}
        idOf={({ id, firedAt }) => `${id} ${firedAt}`}
        onOpen={({ id }) => open("alert", id)}
        toneOf={({ state, severity }) => (state !== "firing" ? "over" : severity === "critical" ? "bad" : "fair")}
        empty="No alert fires, and none has."
      />
    </Section>
  );
}
