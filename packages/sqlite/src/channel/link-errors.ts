import { PoolError, reasonOf } from "@pool/core";
import { type Place } from "../errors.js";

/** What those get who wait for a helper that has ended. */
export function helperLost({ name, file }: Place, how: string, cause: unknown): PoolError {
  return new PoolError("RESOURCE_LOST", `sqlite ${JSON.stringify(name)}: ${how}`, { cause, details: { file } });
}

/** What a request gets that could not be put into a message: nothing of it was sent. */
export function notSent({ name, file }: Place, cause: unknown): PoolError {
  const message = `sqlite ${JSON.stringify(name)}: this cannot be sent to a connection: ${reasonOf(cause)}`;
  return new PoolError("INVALID_ARGUMENT", message, { cause, details: { file } });
}
