import type { ConnectorSnapshot } from "@pool/monitor";
import { connectorTone } from "../connector-tone.js";
import { span } from "../format.js";

const SHOWN = 15 * 60_000;

interface Stay {
  readonly state: string;
  readonly from: number;
  readonly to: number;
}

interface Props {
  readonly connector: ConnectorSnapshot;
  readonly now: number;
  /** When watching began: nothing is known of before. */
  readonly from: number;
}

/** The states of a connector as a band from then to now. */
export function HealthStrip({ connector, now, from }: Props) {
  const begin = now - SHOWN;
  const stays = staysOf(connector, Math.max(begin, from), now);
  const troubles = stays.filter(({ state }) => connectorTone(state) === "bad");
  const sick = troubles.reduce((sum, stay) => sum + stay.to - stay.from, 0);
  const said = troubles.length === 0 ? "no trouble seen" : `not well for ${span(sick)}`;
  return (
    <span class="strip" role="img" aria-label={`Last 15 minutes: ${said}`}>
      <i style={{ flexGrow: Math.max(0, from - begin) }} />
      {stays.map((stay) => (
        <i key={stay.from} class={connectorTone(stay.state)} style={{ flexGrow: Math.max(1, stay.to - stay.from) }} />
      ))}
    </span>
  );
}

/** How long it was in which state, the oldest first, from `begin` on. */
function staysOf({ state, history }: ConnectorSnapshot, begin: number, now: number): Stay[] {
  const stays: Stay[] = [];
  let until = now;
  let current: string = state;
  for (const change of history) {
    if (until <= begin) break;
    stays.push({ state: current, from: Math.max(begin, Math.min(change.at, until)), to: until });
    until = change.at;
    current = change.from;
  }
  if (until > begin) stays.push({ state: current, from: begin, to: until });
  return stays.reverse();
}
