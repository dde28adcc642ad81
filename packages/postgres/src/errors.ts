import { isPoolError, PoolError, reasonOf, type ErrorDetails } from "@pool/core";

/**
 * What PostgreSQL adds to the codes of core. `details.sqlstate` has the server's own code, `cause` the driver's error.
 *
 * `CONSTRAINT_FAILED` (`details.constraint` says which kind) · `SERIALIZATION_FAILURE` and `DEADLOCK` run the transaction again ·
 * `LOCK_TIMEOUT` somebody else holds the lock · `STATEMENT_CANCELLED` by somebody else · `READ_ONLY` the server or the transaction takes no writes ·
 * `ACCESS_DENIED` · `OUT_OF_RESOURCES` of the server · `STATEMENT_FAILED` everything else about one statement: syntax, names, values.
 */
export type PostgresErrorCode =
  | "CONSTRAINT_FAILED"
  | "SERIALIZATION_FAILURE"
  | "DEADLOCK"
  | "LOCK_TIMEOUT"
  | "STATEMENT_CANCELLED"
  | "READ_ONLY"
  | "ACCESS_DENIED"
  | "OUT_OF_RESOURCES"
  | "STATEMENT_FAILED";

/**
 * SQLSTATEs, or the classes they begin with (PostgreSQL manual, appendix A), and what they mean here; the first that fits. Class 08 is not among them: where
 * an error of it ends the connection it is fatal, and else it tells of values that do not fit (08P01) or of another server, which a function has asked.
 */
const CODES: readonly (readonly [start: string, code: PostgresErrorCode | "RESOURCE_LOST" | "QUERY_TIMEOUT"])[] = [
  ["23", "CONSTRAINT_FAILED"],
  ["40001", "SERIALIZATION_FAILURE"],
  ["40P01", "DEADLOCK"],
  ["55P03", "LOCK_TIMEOUT"],
  ["57014", "STATEMENT_CANCELLED"],
  ["57P", "RESOURCE_LOST"],
  ["25P03", "RESOURCE_LOST"], // idle_in_transaction_session_timeout ends the session
  ["25006", "READ_ONLY"],
  ["28", "ACCESS_DENIED"],
  ["42501", "ACCESS_DENIED"],
  ["53", "OUT_OF_RESOURCES"],
];

const CONSTRAINTS: Readonly<Record<string, string>> = {
  "23502": "notnull",
  "23503": "foreignkey",
  "23505": "unique",
  "23514": "check",
  "23P01": "exclusion",
};

/** What the server says of an error beside its message; the driver's errors have these fields. */
interface ServerError extends Error {
  readonly code?: unknown;
  readonly severity?: unknown;
  readonly routine?: unknown;
  readonly constraint?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
  readonly position?: unknown;
}

/** The SQLSTATE of an error, the driver's or ours. */
export function sqlstateOf(error: unknown): string | undefined {
  if (isPoolError(error)) {
    const { sqlstate } = error.details;
    return typeof sqlstate === "string" ? sqlstate : undefined;
  }
  const code = error instanceof Error ? (error as ServerError).code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * A PoolError of what the driver rejects with. One without an SQLSTATE does not come from the server: the connection broke.
 * Values that the server quotes in `detail` stay in the cause.
 */
export function postgresError(pool: string, error: unknown): PoolError {
  if (error instanceof PoolError) return error;
  const sqlstate = sqlstateOf(error);
  const code = codeOf(error, sqlstate);
  const suffix = sqlstate === undefined ? "" : ` (${sqlstate})`;
  const lost = code === "RESOURCE_LOST" ? "the connection was lost: " : "";
  return new PoolError(code, `postgres ${JSON.stringify(pool)}: ${lost}${reasonOf(error)}${suffix}`, {
    cause: error,
    details: detailsOf(error, sqlstate),
  });
}

/** The server ends the connection with this error. */
export function isFatal(error: unknown): boolean {
  const severity = (error as ServerError).severity;
  return severity === "FATAL" || severity === "PANIC";
}

/** Does the server refuse with this SQLSTATE because of who asks? */
export function isAccessDenied(sqlstate: string): boolean {
  return meaningOf(sqlstate) === "ACCESS_DENIED";
}

/** The server has refused a statement for what it is, with an error that names no class of its own (08P01): a number of values that does not fit. */
export function isProtocolRefusal(error: unknown): boolean {
  if (sqlstateOf(error) !== "08P01") return false;
  if (isPoolError(error)) return error.code === "STATEMENT_FAILED";
  return (error as ServerError).severity !== undefined && !isFatal(error);
}

/** Does this error mean that the connection itself is gone or unfit, and not just one statement? */
export function isConnectionLost(error: unknown): boolean {
  return isPoolError(error, "RESOURCE_LOST");
}

/** A serialization failure or a deadlock: the server rolled the transaction back whole, and it may be run again. */
export function isRetryable(error: unknown): boolean {
  const sqlstate = sqlstateOf(error);
  return sqlstate === "40001" || sqlstate === "40P01";
}

function codeOf(error: unknown, sqlstate: string | undefined): string {
  if (sqlstate === undefined) return error instanceof TypeError ? "INVALID_ARGUMENT" : "RESOURCE_LOST";
  if (isFatal(error)) return "RESOURCE_LOST";
  // The server's own statement_timeout; every other cancel was asked for by somebody.
  if (sqlstate === "57014" && reasonOf(error).endsWith(" timeout")) return "QUERY_TIMEOUT";
  return meaningOf(sqlstate) ?? "STATEMENT_FAILED";
}

function meaningOf(sqlstate: string): string | undefined {
  return CODES.find(([start]) => sqlstate.startsWith(start))?.[1];
}

function detailsOf(error: unknown, sqlstate: string | undefined): ErrorDetails {
  if (sqlstate === undefined) return {};
  const { constraint, table, column, position } = error as ServerError;
  const kind = CONSTRAINTS[sqlstate];
  return {
    sqlstate,
    ...(kind !== undefined && { constraint: kind }),
    ...(typeof constraint === "string" && { constraintName: constraint }),
    ...(typeof table === "string" && { table }),
    ...(typeof column === "string" && { column }),
    ...(typeof position === "string" && { position: Number(position) }),
  };
}
