import { isPoolError, PoolError, reasonOf } from "@pool/core";
import { codeOf, isSqlstate } from "./connect/connect-error.js";
import { isAccessDenied } from "./errors.js";

/** Why a connect failed, with the server's own code where it has spoken: `ACCESS_DENIED` where that is about who connects. */
export function connectFailure(name: string, error: unknown): unknown {
  if (!isPoolError(error, "CONNECT_FAILED")) return error;
  const { cause, message } = error;
  const sqlstate = codeOf(cause);
  if (!isSqlstate(sqlstate)) return error;
  const how = { cause, details: { ...error.details, sqlstate } };
  if (!isAccessDenied(sqlstate)) return new PoolError("CONNECT_FAILED", message, how);
  return new PoolError("ACCESS_DENIED", `postgres ${JSON.stringify(name)}: ${reasonOf(cause)} (${sqlstate})`, how);
}
