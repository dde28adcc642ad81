import { Roster } from "../roster.js";
import type { Connector } from "./connector.js";

const connectors = new Roster<Connector>();

/** Every connector of this process that was connected and is not closed, in the order of their making: for monitors. Names may repeat. */
export function openConnectors(): readonly Connector[] {
  return connectors.list().filter(({ state }) => state !== "idle" && state !== "closed");
}

/** A connector has been made. */
export function enrolConnector(connector: Connector): void {
  connectors.add(connector);
}
