import { createRequire } from "node:module";
import type { Database } from "better-sqlite3";
import { type OpenSpec } from "./protocol.ts";

export type DatabaseConstructor = new (
  file: string,
  options: { readonly?: boolean; fileMustExist?: boolean; timeout?: number },
) => Database;

/** Loads the driver. Not by `import`, because version 13 takes an old Node down without a word: the version is checked first. */
export function loadDriver(): DatabaseConstructor {
  return createRequire(import.meta.url)("better-sqlite3") as DatabaseConstructor;
}

/** Opens a connection as `spec` says, with every PRAGMA set. Closes it again when one of them fails. */
export function openDatabase(spec: OpenSpec): { database: Database; journalMode: string } {
  const Driver = loadDriver();
  const database = new Driver(spec.file, {
    readonly: spec.readonly,
    fileMustExist: spec.readonly || !spec.create,
    // Only while opening, which may have to wait for another process to change the journal mode or to recover the log.
    timeout: spec.busyTimeout,
  });
  try {
    // Before the journal mode, which writes the first page: page_size and auto_vacuum come too late after it.
    applyPragmas(database, spec);
    const journalMode = setJournalMode(database, spec);
    // From here on the wait for a lock is the helper's own, so that it can be given up; see engine.ts.
    database.pragma("busy_timeout = 0");
    if (spec.bigint) database.defaultSafeIntegers(true);
    return { database, journalMode };
  } catch (error) {
    database.close();
    throw error;
  }
}

function applyPragmas(database: Database, spec: OpenSpec): void {
  for (const [name, value] of spec.pragmas) database.pragma(`${name} = ${String(value)}`);
  if (spec.role === "reader") database.pragma("query_only = ON");
}

function setJournalMode(database: Database, spec: OpenSpec): string {
  const current = String(database.pragma("journal_mode", { simple: true }));
  if (spec.role === "reader" || spec.readonly || current === "wal") return current;
  return String(database.pragma("journal_mode = WAL", { simple: true }));
}
