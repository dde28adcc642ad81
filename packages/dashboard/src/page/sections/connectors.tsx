import type { ConnectorSnapshot, MonitorSnapshot } from "@pool/monitor";
import { connectorTone } from "../connector-tone.js";
import { count, span } from "../format.js";
import { Badge } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { HealthStrip } from "../parts/health-strip.js";
import { Section } from "../parts/section.js";
import { open } from "../route.js";

/** The backends: how they are, and how they were. */
export function Connectors({ snapshot }: { snapshot: MonitorSnapshot }) {
  const columns: Column<ConnectorSnapshot>[] = [
    { label: "Connector", cell: ({ name }) => name },
    { label: "Kind", extra: true, cell: ({ kind }) => kind },
    { label: "State", cell: ({ state }) => <Badge tone={connectorTone(state)}>{state}</Badge> },
    {
      label: "Last check",
      numeric: true,
      cell: ({ health }) => (health === null ? "–" : health.healthy ? span(health.latencyMs) : "failed"),
    },
    {
      label: "Connections",
      numeric: true,
      extra: true,
      cell: ({ connections }) => (connections === null ? "–" : count(connections)),
    },
    {
      label: "Last 15 minutes",
      long: true,
      extra: true,
      cell: (connector) => <HealthStrip connector={connector} now={snapshot.takenAt} from={snapshot.startedAt} />,
    },
  ];
  return (
    <Section id="connectors" title="Connectors">
      <DataTable
        label="Connectors"
        columns={columns}
        rows={snapshot.connectors}
        idOf={({ name, kind }) => `${kind} ${name}`}
        onOpen={({ name }) => open("connector", name)}
        toneOf={({ state }) => (connectorTone(state) === "bad" ? "bad" : undefined)}
        empty="No connector is open."
      />
    </Section>
  );
}
