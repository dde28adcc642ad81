import { readCall, readClock } from "../arguments.js";
import { systemClock, type Clock } from "../time.js";
import type { Connector, ConnectorSpec } from "./connector.js";
import { DefinedConnector } from "./defined-connector.js";
import { enrolConnector } from "./open-connectors.js";
import { checkSpec } from "./spec-check.js";

/** Makes a connector of what an adapter knows of its backend. Does no I/O. @throws PoolError `INVALID_ARGUMENT` for a name that cannot be one */
export function defineConnector<C>(spec: ConnectorSpec<C>, options?: { clock?: Clock }): Connector<C> {
  const { clock = systemClock } = readCall("defineConnector", options, ["clock"]);
  readClock("defineConnector: clock", clock);
  checkSpec(spec);
  const connector = new DefinedConnector(spec, clock);
  enrolConnector(connector);
  return connector;
}
