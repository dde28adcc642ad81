import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PoolError, readCall, readFlag, readFunction, readName, readSignal, reasonOf } from "@pool/core";
import { withProcess } from "./channel/with-process.js";
import { type Place } from "./errors.js";
import { type OpenSpec } from "./helper/protocol.js";
import { verifyBackup } from "./verification.js";

export interface BackupOptions {
  /** Checks the copy before it takes its place: integrity, foreign keys, and that it is what was copied. @default false */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
  /** Called as the copy grows. */
  readonly progress?: (pages: { readonly total: number; readonly remaining: number }) => void;
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

/** Copies `place.file` into `target`, by a process that only does this. */
export async function backUpTo(
  place: Place,
  spec: Omit<OpenSpec, "role">,
  target: string,
  options: BackupOptions = {},
): Promise<BackupReport> {
  const { verify = false, signal = new AbortController().signal, progress } = readBackup(place, target, options);
  const startedAt = performance.now();
  const file = resolve(target);
  await assertTarget(place, file);
  signal.throwIfAborted();
  const partial = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}.partial`);
  try {
    const copied = await copy(place, spec, partial, signal, progress);
    if (verify) await compare(place, partial, copied, signal);
    const bytes = await intoPlace(partial, file);
    return { file, pages: Number(copied.pages), bytes, ms: performance.now() - startedAt, verified: verify };
  } catch (error) {
    await Promise.all(["", "-journal", "-wal", "-shm"].map((ending) => rm(`${partial}${ending}`, { force: true })));
    signal.throwIfAborted();
    if (error instanceof PoolError && error.code === "BACKUP_FAILED") throw error;
    throw failed(place, `the backup into ${file} failed: ${reasonOf(error)}`, error);
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
  target: string,
  signal: AbortSignal,
  progress: BackupOptions["progress"],
): Promise<Readonly<Record<string, unknown>>> {
  const { found = {} } = await withProcess(place, { ...spec, role: "reader" }, signal, ({ link }) => {
    if (progress !== undefined) link.onProgress = (total, remaining) => progress({ total, remaining });
    return link.ask({ op: "backup", target, pagesPerStep: PAGES_PER_STEP }).done;
  });
  return found;
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
  if (differs.length > 0) throw failed(place, `the copy differs from the database in ${differs.join(", ")}`);
  if (found.ok) return;
  const what = [
    ...found.problems,
    ...(found.foreignKeyViolations > 0 ? [`${found.foreignKeyViolations} rows violate a foreign key`] : []),
  ];
  throw failed(place, `the copy is not sound: ${what.join("; ")}`);
}

async function intoPlace(partial: string, file: string): Promise<number> {
  const handle = await open(partial, "r+");
  try {
    await handle.sync();
    await rename(partial, file);
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function assertTarget(place: Place, file: string): Promise<void> {
  // SQLite takes such a file for the log of the database beside it: a copy there would destroy what is only in the log.
  if (/-(?:wal|shm|journal)$/.test(file)) throw failed(place, `${file} has the name of a database's log`);
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw failed(place, `the folder ${dirname(file)} is missing`);
  const [there, own] = await Promise.all([stat(file).catch(() => undefined), stat(place.file)]);
  if (there === undefined) return;
  if (!there.isFile()) throw failed(place, `${file} is not a file`);
  if (there.ino === own.ino && there.dev === own.dev) throw failed(place, `${file} is the database itself`);
}

function failed({ name, file }: Place, what: string, cause?: unknown): PoolError {
  return new PoolError("BACKUP_FAILED", `sqlite ${JSON.stringify(name)}: ${what}`, { details: { file }, cause });
}
