import type { ConnectorSnapshot, Recovery, StateChange } from "@pool/monitor";
import { connectorTone } from "../connector-tone.js";
import { count, span, timeOfDay } from "../format.js";
import { Badge } from "../parts/badge.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Facts } from "../parts/facts.js";
import { HealthStrip } from "../parts/health-strip.js";

interface Props {
  readonly connector: ConnectorSnapshot;
  readonly now: number;
  readonly from: number;
}

const changes: Column<StateChange>[] = [
  { label: "At", cell: ({ at }) => timeOfDay(at) },
  { label: "To", cell: ({ to }) => <Badge tone={connectorTone(to)}>{to}</Badge> },
  { label: "From", extra: true, cell: ({ from }) => from },
  { label: "Cause", long: true, cell: ({ cause }) => cause?.message ?? "" },
];

const recoveries: Column<Recovery>[] = [
  { label: "At", cell: ({ at }) => timeOfDay(at) },
  { label: "Did", cell: ({ action }) => action },
  { label: "Attempt", numeric: true, cell: ({ attempt }) => count(attempt) },
  { label: "About", long: true, cell: ({ errorClass, cause }) => cause?.message ?? errorClass },
];

/** One backend: how it is, what became of it, and what was done about it. */
export function ConnectorDetails({ connector, now, from }: Props) {
  const { state, since, health, connections, gauges } = connector;
  return (
    <>
      <p>
        <Badge tone={connectorTone(state)}>{state}</Badge> {since !== null && `for ${span(Math.max(0, now - since))}`}
      </p>
      <HealthStrip connector={connector} now={now} from={from} />
      <Facts
        facts={{
          "Last check": health && `${health.healthy ? "healthy" : "failed"} at ${timeOfDay(health.checkedAt)}`,
          "It took": health && span(health.latencyMs),
          Error: health?.error?.message,
          Connections: connections !== null && count(connections),
          ...Object.fromEntries(Object.entries(gauges).map(([name, value]) => [name, count(value)])),
        }}
      />
      <h3>Changes</h3>
      <DataTable
        label="Changes of state"
        columns={changes}
        rows={connector.history}
        idOf={({ at, to }) => `${at} ${to}`}
        empty="It has not changed since it is watched."
      />
      <h3>What recovery did</h3>
      <DataTable
        label="What recovery did"
        columns={recoveries}
        rows={connector.recoveries}
        idOf={({ at, attempt }) => `${at} ${attempt}`}
        empty="Nothing was to be recovered from."
      />
    </>
  );
}
