import { PoolError, type ErrorDetails } from "@pool/core";
import { type WireError } from "./helper/protocol.js";

/**
 * What SQLite adds to the codes of core.
 *
 * `CONSTRAINT_FAILED` (`details.constraint` says which kind) · `STATEMENT_FAILED` syntax, unknown names, mismatches · `DATABASE_LOCKED` somebody
 * else held the lock for longer than `busyTimeout` · `SERIALIZATION_FAILURE` another connection committed first: run the transaction again ·
 * `DATABASE_READONLY` · `DATABASE_FULL` no space is left · `DATABASE_CORRUPT` · `NOT_A_DATABASE` · `DATABASE_IO` · `CANNOT_OPEN` a missing folder or
 * file, or no permission · `FILE_GONE` removed or replaced while it was open · `UNSUPPORTED_NODE` · `DRIVER_MISSING` the driver, or its
 * binary · `HELPER_MISSING` a file that a helper is started from · `BACKUP_FAILED`.
 */
export type SqliteErrorCode =
  | "CONSTRAINT_FAILED"
  | "STATEMENT_FAILED"
  | "DATABASE_LOCKED"
  | "SERIALIZATION_FAILURE"
  | "DATABASE_READONLY"
  | "DATABASE_FULL"
  | "DATABASE_CORRUPT"
  | "NOT_A_DATABASE"
  | "DATABASE_IO"
  | "CANNOT_OPEN"
  | "FILE_GONE"
  | "UNSUPPORTED_NODE"
  | "DRIVER_MISSING"
  | "HELPER_MISSING"
  | "BACKUP_FAILED";

/** By the start of SQLite's own code; the first that fits. */
const CODES: readonly (readonly [start: string, code: SqliteErrorCode, meaning: string])[] = [
  ["SQLITE_BUSY_SNAPSHOT", "SERIALIZATION_FAILURE", "another connection committed after this transaction had read"],
  ["SQLITE_BUSY", "DATABASE_LOCKED", "another connection holds the lock"],
  ["SQLITE_LOCKED", "DATABASE_LOCKED", "another connection holds the lock"],
  ["SQLITE_CONSTRAINT", "CONSTRAINT_FAILED", ""],
  ["SQLITE_READONLY", "DATABASE_READONLY", "the file, its folder or this connection is read-only"],
  ["SQLITE_FULL", "DATABASE_FULL", "no space is left for the database or its log"],
  ["SQLITE_CORRUPT", "DATABASE_CORRUPT", "the file is damaged"],
  ["SQLITE_NOTADB", "NOT_A_DATABASE", "the file is not a SQLite database, or encrypted"],
  ["SQLITE_CANTOPEN", "CANNOT_OPEN", "the file is missing or may not be opened"],
  ["SQLITE_IOERR", "DATABASE_IO", "the disk failed to read or write"],
];

/** Where an error happened: what its message names. */
export interface Place {
  readonly name: string;
  readonly file: string;
}

/** Does this error mean that the connection itself is unfit, and not just one statement? */
export function isFatal(error: unknown): boolean {
  return (
    error instanceof PoolError && ["RESOURCE_LOST", "FILE_GONE", "DATABASE_IO", "NOT_A_DATABASE"].includes(error.code)
  );
}

/** A PoolError of what a helper, or the driver in this thread, reports. The driver's own error is its cause. */
export function sqliteError(place: Place, wire: WireError): PoolError {
  const { code, message, details } = explain(place, wire);
  return new PoolError(code, `sqlite ${JSON.stringify(place.name)}: ${message}`, { cause: driverError(wire), details });
}

/** The same of an error that the driver threw in this thread. */
export function sqliteErrorOf(place: Place, error: unknown): PoolError {
  if (error instanceof PoolError) return error;
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const isSqlite = typeof code === "string" && code.startsWith("SQLITE_");
  const input = error instanceof TypeError || error instanceof RangeError;
  const made = sqliteError(place, {
    kind: isSqlite ? "sqlite" : input ? "input" : "other",
    message,
    ...(isSqlite && { code }),
  });
  return new PoolError(made.code, made.message, { cause: error, details: made.details });
}

interface Explained {
  readonly code: string;
  readonly message: string;
  readonly details: ErrorDetails;
}

function explain({ file }: Place, wire: WireError): Explained {
  const base = {
    file,
    ...(wire.code !== undefined && { sqlite: wire.code }),
    ...(wire.statement !== undefined && { statement: wire.statement }),
  };
  switch (wire.kind) {
    case "lock": {
      const waitedMs = wire.waitedMs ?? 0;
      const message = `${file} was locked by another connection for the whole ${waitedMs} ms that this statement waited`;
      return { code: "DATABASE_LOCKED", message, details: { ...base, waitedMs } };
    }
    case "gone":
      return { code: "FILE_GONE", message: `${file}: ${wire.message}`, details: base };
    case "ended":
      return { code: "TRANSACTION_ENDED", message: wire.message, details: base };
    case "writes":
      return { code: "DATABASE_READONLY", message: wire.message, details: base };
    case "refused":
    case "input":
      return { code: "INVALID_ARGUMENT", message: lowerFirst(wire.message), details: base };
    case "cancelled":
      return { code: "QUERY_TIMEOUT", message: wire.message, details: base };
    case "other":
      if (wire.code === "MODULE_NOT_FOUND") return driverMissing(wire, base);
      return { code: "STATEMENT_FAILED", message: `${wire.message} (${file})`, details: base };
    case "sqlite":
      return explainCode(file, wire, base);
  }
}

/** This thread has found it, by a path that a helper is not told of. */
function driverMissing({ message }: WireError, details: ErrorDetails): Explained {
  return {
    code: "DRIVER_MISSING",
    message: `a helper needs npm install better-sqlite3 beside @pool/sqlite: ${message}`,
    details,
  };
}

function explainCode(file: string, wire: WireError, base: ErrorDetails): Explained {
  const sqlite = wire.code ?? "SQLITE_ERROR";
  const known = CODES.find(([start]) => sqlite.startsWith(start));
  const [, code, meaning] = known ?? ["", "STATEMENT_FAILED" as const, ""];
  const constraint = /^SQLITE_CONSTRAINT_(\w+)$/.exec(sqlite)?.[1];
  const details = { ...base, ...(constraint !== undefined && { constraint: constraint.toLowerCase() }) };
  return { code, message: `${wire.message}${meaning === "" ? "" : `: ${meaning}`} (${sqlite}, ${file})`, details };
}

/** The driver's error, made anew on this side: classes do not survive the way between threads. */
function driverError(wire: WireError): Error | undefined {
  if (wire.code === undefined) return undefined;
  const error = Object.assign(new Error(wire.message), { code: wire.code });
  error.name = "SqliteError";
  return error;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) && !text.startsWith("SQL") ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
