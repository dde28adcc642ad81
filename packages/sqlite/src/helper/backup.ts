import { rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { type BackupRequest } from "./backup-request.ts";
import { loadDriver } from "./database.ts";
import { type Done, type FromHelper } from "./protocol.ts";
import { Refusal } from "./wire-error.ts";

// How long a lock on a copy is waited for.
const LOCK_MS = 1_000;

/**
 * Copies the whole database into `target` while others go on writing. A read transaction keeps the state of this moment: without it
 * SQLite starts the copy anew whenever another connection commits, and under steady writes it would never end.
 * The copy is one file: its journal mode is DELETE, so that it needs no log beside it.
 */
export async function backUp(
  database: Database,
  { id, target, replaces, pagesPerStep }: BackupRequest,
  send: (message: FromHelper) => void,
): Promise<Omit<Done, "id" | "ms">> {
  if (replaces !== undefined) bringLogsInto(replaces);
  database.exec("begin");
  try {
    const expected = describe(database);
    const { totalPages } = await database.backup(target, {
      progress: ({ totalPages: total, remainingPages: remaining }) => {
        send({ type: "progress", id, total, remaining });
        return pagesPerStep;
      },
    });
    makeOneFile(target);
    return { found: { ...expected, pages: totalPages } };
  } finally {
    database.exec("rollback");
  }
}

/** What SQLite itself finds wrong with a database, and what tells two copies apart. */
export function verify(database: Database): Record<string, unknown> {
  database.exec("begin");
  try {
    const problems = (database.pragma("integrity_check(20)") as { integrity_check: string }[])
      .map((row) => row.integrity_check)
      .filter((line) => line !== "ok");
    const foreignKeys = database.pragma("foreign_key_check") as unknown[];
    return { ...describe(database), problems, foreignKeyViolations: foreignKeys.length };
  } finally {
    database.exec("rollback");
  }
}

function describe(database: Database): Record<string, unknown> {
  const simple = (name: string): number => Number(database.pragma(name, { simple: true }));
  const objects = Number(database.prepare("select count(*) from sqlite_schema").pluck().get());
  return {
    pages: simple("page_count"),
    pageSize: simple("page_size"),
    userVersion: simple("user_version"),
    applicationId: simple("application_id"),
    objects,
  };
}

/** The copy is whole and alone then, and can be replaced at any moment without its logs meeting another file. */
function bringLogsInto(file: string): void {
  try {
    makeOneFile(file, (copy) => {
      // Nobody writes now: a journal that is still there has been rolled back, or holds nothing.
      copy.exec("begin exclusive");
      rmSync(`${file}-journal`, { force: true });
      copy.exec("rollback");
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      "refused",
      `${file} has logs beside it that cannot be brought into it, so that it is damaged or open elsewhere: ${why}`,
    );
  }
}

function makeOneFile(target: string, then: (copy: Database) => void = () => {}): void {
  const Driver = loadDriver();
  const copy = new Driver(target, { fileMustExist: true, timeout: LOCK_MS });
  try {
    copy.pragma("journal_mode = DELETE");
    then(copy);
  } finally {
    copy.close();
  }
}
