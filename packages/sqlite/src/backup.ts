import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PoolError, readCall, readFlag, readFunction, readName, readSignal, reasonOf } from "@pool/core";
import { backupFailed, inspectTarget, putIntoPlace, removeCompanions } from "./backup-target.js";
import { type Link } from "./channel/link.js";
import { withProcess } from "./channel/with-process.js";
import { type Place } from "./errors.js";
import { type BackupRequest } from "./helper/backup-request.js";
import { type OpenSpec } from "./helper/protocol.js";
import { verifyBackup } from "./verification.js";

export interface BackupOptions {
  /** Checks the copy before it takes its place: integrity, foreign keys, and that it is what was copied. @default false */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
  /** Called as the copy grows. What it throws, or rejects with, ends the backup. */
  readonly progress?: (pages: { readonly total: number; readonly remaining: number }) => unknown;
}

export interface BackupReport {
  readonly file: string;
  readonly pages: number;
  readonly bytes: number;
  readonly ms: number;
  readonly verified: boolean;
}

// About 4 MB between two looks at the signal.
const PAGES_PER_STEP = 1_000;

/** Copies `place.file` into `target`, by a process that only does this and ends with `ending` at the latest. */
export async function backUpTo(
  place: Place,
  spec: Omit<OpenSpec, "role">,
  target: string,
  options: BackupOptions = {},
  ending: AbortSignal,
): Promise<BackupReport> {
  const { verify = false, progress, signal: given } = readBackup(place, target, options);
  const failed = new AbortController();
  const signal = AbortSignal.any([ending, failed.signal, ...(given === undefined ? [] : [given])]);
  const startedAt = performance.now();
  const file = resolve(target);
  const hasLogs = await inspectTarget(place, file);
  signal.throwIfAborted();
  const partial = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}.partial`);
  try {
    const request = { target: partial, replaces: hasLogs ? file : undefined, pagesPerStep: PAGES_PER_STEP };
    const copied = await copy(place, spec, request, signal, progress && telling(progress, failed));
    if (verify) await compare(place, partial, copied, signal);
    const bytes = await putIntoPlace(place, partial, file);
    return { file, pages: Number(copied.pages), bytes, ms: performance.now() - startedAt, verified: verify };
  } catch (error) {
    await Promise.all([rm(partial, { force: true }), removeCompanions(partial)]);
    signal.throwIfAborted();
    if (error instanceof PoolError && error.code === "BACKUP_FAILED") throw error;
    throw backupFailed(place, `the backup into ${file} failed: ${reasonOf(error)}`, error);
  }
}

function readBackup({ name }: Place, target: unknown, options: BackupOptions): BackupOptions {
  const call = `sqlite ${JSON.stringify(name)}: backup`;
  readName(`${call}: target`, target);
  const read = readCall(call, options, ["verify", "signal", "progress"]);
  readFlag(`${call}: verify`, read.verify);
  readSignal(`${call}: signal`, read.signal);
  if (read.progress !== undefined) readFunction(`${call}: progress`, read.progress);
  return read;
}

async function copy(
  place: Place,
  spec: Omit<OpenSpec, "role">,
  request: Omit<BackupRequest, "op" | "id">,
  signal: AbortSignal,
  onProgress: Link["onProgress"],
): Promise<Readonly<Record<string, unknown>>> {
  const { found = {} } = await withProcess(place, { ...spec, role: "reader" }, signal, ({ link }) => {
    link.onProgress = onProgress;
    return link.ask((id) => ({ op: "backup", id, ...request })).done;
  });
  return found;
}

/** Whatever it throws must not reach the wire, which knows nobody to tell it to. */
function telling(progress: NonNullable<BackupOptions["progress"]>, failed: AbortController): Link["onProgress"] {
  const tell = async (total: number, remaining: number): Promise<void> => {
    try {
      if (!failed.signal.aborted) await progress({ total, remaining });
    } catch (error) {
      failed.abort(error);
    }
  };
  return (total, remaining) => void tell(total, remaining);
}

async function compare(
  place: Place,
  file: string,
  copied: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const found = await verifyBackup(file, { signal });
  const differs = (["pages", "pageSize", "userVersion", "applicationId", "objects"] as const).filter(
    (key) => found[key] !== copied[key],
  );
  if (differs.length > 0) throw backupFailed(place, `the copy differs from the database in ${differs.join(", ")}`);
  if (found.ok) return;
  const what = [
    ...found.problems,
    ...(found.foreignKeyViolations > 0 ? [`${found.foreignKeyViolations} rows violate a foreign key`] : []),
  ];
  throw backupFailed(place, `the copy is not sound: ${what.join("; ")}`);
}
