import { moment } from "../events.js";
import type { Connector } from "./connector.js";

const states = moment("connector:state");

/** Disconnects a connector that may have been written by hand. Neither throws nor rejects: what goes wrong is told by an event, as of the others. */
export async function disconnect(connector: Connector, options?: { timeout?: number }): Promise<void> {
  try {
    await connector.disconnect(options);
  } catch (cause) {
    const { name, kind, state } = connector;
    if (states.hasSubscribers) states.publish({ connector: name, kind, from: state, to: state, cause });
  }
}
