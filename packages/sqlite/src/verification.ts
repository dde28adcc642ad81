import { resolve } from "node:path";
import { isPoolError, readCall, readName, readSignal, reasonOf } from "@pool/core";
import { logBeside } from "./backup-target.js";
import { type Started } from "./channel/spawn-process.js";
import { withProcess } from "./channel/with-process.js";
import { type Place } from "./errors.js";
import { type OpenSpec } from "./helper/protocol.js";
import { assertDriver, assertNodeVersion } from "./runtime.js";

/** What a database file is found to be. */
export interface Verification {
  readonly file: string;
  readonly pages: number;
  readonly pageSize: number;
  readonly userVersion: number;
  readonly applicationId: number;
  /** Tables, indexes, views and triggers. */
  readonly objects: number;
  /** What SQLite's integrity check says, at most 20 lines; empty when all is well. */
  readonly problems: readonly string[];
  readonly foreignKeyViolations: number;
  readonly ok: boolean;
}

/**
 * Checks a database file that nobody works with: its integrity, its foreign keys, and that no log stands beside it. Leaves it as it is.
 * @throws PoolError `NOT_A_DATABASE`, `CANNOT_OPEN`, or the signal's reason. What the checks find is in the result
 */
export async function verifyBackup(
  file: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Verification> {
  assertNodeVersion();
  assertDriver();
  const { signal = new AbortController().signal } = readCall("verifyBackup", options, ["signal"]);
  readSignal("verifyBackup: signal", signal);
  readName("verifyBackup: file", file);
  const path = resolve(file);
  const place = { name: "verify", file: path };
  const spec = {
    file: path,
    create: false,
    readonly: false,
    pragmas: [],
    bigint: false,
    busyTimeout: 5_000,
    statementCache: 10,
  };
  const log = await logBeside(path);
  // To open it would bring the log into the file.
  const found = log === undefined ? await inspect(place, spec, signal) : unread(besideIt(log));
  const report = { file: path, ...found } as Omit<Verification, "ok">; // what the helper's verify() gives
  return { ...report, ok: report.problems.length === 0 && report.foreignKeyViolations === 0 };
}

/** What the helper finds. A file that is damaged beyond opening is a finding as well. */
async function inspect(
  place: Place,
  spec: Omit<OpenSpec, "role">,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const work = ({ link }: Started) => link.ask((id) => ({ op: "verify", id })).done;
    const { found = {} } = await withProcess(place, { ...spec, role: "reader" }, signal, work);
    return found.pages === 0 ? { ...found, problems: ["the file is empty"] } : found;
  } catch (error) {
    if (!isPoolError(error, "DATABASE_CORRUPT")) throw error;
    return unread(reasonOf(error.cause));
  }
}

function unread(problem: string): Readonly<Record<string, unknown>> {
  const facts = { pages: 0, pageSize: 0, userVersion: 0, applicationId: 0, objects: 0, foreignKeyViolations: 0 };
  return { ...facts, problems: [problem] };
}

function besideIt(log: string): string {
  return `${log} stands beside the file and is read into it by whoever opens it next: remove it if it is an older file's, else open and close the file once`;
}
