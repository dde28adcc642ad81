import { type ErrorClass } from "@pool/core";
import { isProtocolRefusal, sqlstateOf } from "./errors.js";

/** SQLSTATEs, or the classes they begin with (PostgreSQL manual, appendix A); the first that fits. */
const CLASSES: readonly (readonly [start: string, errorClass: ErrorClass])[] = [
  ["40003", "connection"], // whether the statement completed is not known
  ["40002", "constraint"],
  ["40", "transient"], // serialization failure, deadlock: rolled back whole
  ["55P03", "transient"], // a lock that somebody else holds
  ["55006", "transient"],
  ["57014", "timeout"],
  ["57P03", "transient"], // not yet, or no more: it is starting up or shutting down
  ["57P", "connection"],
  ["25P03", "connection"], // idle_in_transaction_session_timeout ends the session
  ["25006", "transient"], // takes no writes: a primary that has become a standby
  ["08", "connection"],
  ["23", "constraint"],
  ["44", "constraint"],
  ["22", "constraint"],
  ["P0001", "constraint"], // raised by a function or trigger of the schema
  ["28", "auth"],
  ["42501", "auth"],
  ["42", "syntax"],
  ["0A", "syntax"],
  ["3D", "syntax"],
  ["3F", "syntax"],
  ["26", "syntax"],
  ["54", "syntax"],
  ["53", "overload"],
];

/** What an error of the server means; undefined for what does not come from it. */
export function classify(error: unknown): ErrorClass | undefined {
  if (isProtocolRefusal(error)) return "syntax";
  const sqlstate = sqlstateOf(error);
  return sqlstate === undefined ? undefined : CLASSES.find(([start]) => sqlstate.startsWith(start))?.[1];
}
