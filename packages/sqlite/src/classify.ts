import { type ErrorClass, isPoolError } from "@pool/core";

/** By the start of SQLite's own code, or by ours where SQLite was not asked; the first that fits. */
const CLASSES: readonly (readonly [start: string, errorClass: ErrorClass])[] = [
  ["SQLITE_BUSY", "transient"],
  ["SQLITE_LOCKED", "transient"],
  ["SQLITE_PROTOCOL", "transient"],
  ["SQLITE_SCHEMA", "transient"],
  ["DATABASE_LOCKED", "transient"],
  ["SQLITE_CONSTRAINT", "constraint"],
  ["SQLITE_MISMATCH", "constraint"],
  ["SQLITE_FULL", "overload"],
  ["SQLITE_NOMEM", "overload"],
  ["SQLITE_INTERRUPT", "timeout"],
  ["SQLITE_READONLY", "auth"],
  ["SQLITE_PERM", "auth"],
  ["SQLITE_AUTH", "auth"],
  ["DATABASE_READONLY", "auth"],
  // The file is this backend's server.
  ["SQLITE_CANTOPEN", "connection"],
  ["SQLITE_IOERR", "connection"],
  ["SQLITE_CORRUPT", "connection"],
  ["SQLITE_NOTADB", "connection"],
  ["CANNOT_OPEN", "connection"],
  ["FILE_GONE", "connection"],
  ["SQLITE_ERROR", "syntax"],
  ["SQLITE_RANGE", "syntax"],
  ["SQLITE_TOOBIG", "syntax"],
  ["SQLITE_MISUSE", "syntax"],
];

/** What an error of SQLite, or of the file it works on, means. */
export function classify(error: unknown): ErrorClass | undefined {
  const { code } = error as { readonly code?: unknown };
  const own = isPoolError(error) ? error.details.sqlite : undefined;
  const text = typeof own === "string" ? own : code;
  return typeof text === "string" ? CLASSES.find(([start]) => text.startsWith(start))?.[1] : undefined;
}
