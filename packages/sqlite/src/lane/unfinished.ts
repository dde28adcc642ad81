import { PoolError, reasonOf } from "@pool/core";
import { type Place } from "../errors.js";

/** What a statement gets that has had its time, in ms. */
export function timedOut({ name, file }: Place, timeout: number, writes: boolean): PoolError {
  const message = `sqlite ${JSON.stringify(name)}: no result within ${timeout} ms of a statement${writes ? ", which may have taken effect" : ""}`;
  const details = { file, timeoutMs: timeout, ...(writes && { outcome: "unknown" }) };
  return new PoolError("QUERY_TIMEOUT", message, { details });
}

/** What a write gets whose connection was lost under it. */
export function outcomeUnknown(error: PoolError): PoolError {
  const message = `a write was under way when its connection was lost (${reasonOf(error)}): it may have taken effect or not`;
  return new PoolError("OUTCOME_UNKNOWN", message, { cause: error, details: error.details });
}
