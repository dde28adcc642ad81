import { PoolError } from "../errors.js";
import type { Connector } from "./connector.js";

/** `NOT_CONNECTED` about a connector that has no client. @param failure why its connect failed, where it did */
export function notConnected({ name, kind, state }: Connector, failure: unknown): PoolError {
  const message = `connector "${name}" (${kind}) is not connected: it is ${state}`;
  const details = { connector: name, kind, state };
  return new PoolError("NOT_CONNECTED", message, failure === undefined ? { details } : { cause: failure, details });
}
