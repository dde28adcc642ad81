import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PoolError } from "@pool/core";
import { type Place } from "./errors.js";

/** What SQLite keeps beside a database. It reads the first and the last into whatever file has the name. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

export function backupFailed({ name, file }: Place, what: string, cause?: unknown): PoolError {
  return new PoolError("BACKUP_FAILED", `sqlite ${JSON.stringify(name)}: ${what}`, { details: { file }, cause });
}

/**
 * Looks at what a backup is to take the place of.
 * @returns whether that is an older copy with logs beside it, which have to be brought into it first
 * @throws PoolError `BACKUP_FAILED` for what is not to be replaced
 */
export async function inspectTarget(place: Place, file: string): Promise<boolean> {
  // SQLite takes such a file for the log of the database beside it: a copy there would destroy what is only in the log.
  if (/-(?:wal|shm|journal)$/.test(file)) throw backupFailed(place, `${file} has the name of a database's log`);
  const folder = await statOf(dirname(file));
  if (folder?.isDirectory() !== true) throw backupFailed(place, `the folder ${dirname(file)} is missing`);
  const [there, own] = await Promise.all([statOf(file), statOf(place.file)]);
  if (there === undefined) return false;
  if (!there.isFile()) throw backupFailed(place, `${file} is not a file`);
  if (there.ino === own?.ino && there.dev === own.dev) throw backupFailed(place, `${file} is the database itself`);
  return (await companionsOf(file)).length > 0;
}

/**
 * Puts a finished copy into its place, in one step.
 * @returns its size in bytes
 * @throws PoolError `BACKUP_FAILED` when a log stands there that is somebody else's: SQLite would read it into the new file
 */
export async function putIntoPlace(place: Place, copy: string, file: string): Promise<number> {
  const handle = await open(copy, "r+");
  try {
    await handle.sync();
    // A log whose database is gone belongs to nothing.
    if ((await statOf(file)) === undefined) await removeCompanions(file);
    await assertAlone(place, file);
    // That the old logs are gone has to be on the disk before the new file is.
    await syncFolder(file);
    await rename(copy, file);
    await syncFolder(file);
    await assertAlone(place, file);
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** The log beside a file that holds something, if there is one. */
export async function logBeside(file: string): Promise<string | undefined> {
  for (const log of [`${file}-wal`, `${file}-journal`]) if (await holdsSomething(log)) return log;
  return undefined;
}

export async function removeCompanions(file: string): Promise<void> {
  await Promise.all(COMPANIONS.map((ending) => rm(`${file}${ending}`, { force: true })));
}

async function companionsOf(file: string): Promise<string[]> {
  const names = COMPANIONS.map((ending) => `${file}${ending}`);
  const found = await Promise.all(names.map((name) => statOf(name)));
  return names.filter((_, at) => found[at] !== undefined);
}

async function assertAlone(place: Place, file: string): Promise<void> {
  const [log] = await companionsOf(file);
  if (log === undefined) return;
  const message = `${log} has come to stand beside the copy that is replaced: it is open elsewhere, and its log must not meet the new file`;
  throw backupFailed(place, message);
}

async function holdsSomething(log: string): Promise<boolean> {
  const handle = await open(log, "r").catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, 0);
    // SQLite may empty a log by a 0 at its beginning.
    return bytesRead === 1 && buffer[0] !== 0;
  } finally {
    await handle.close();
  }
}

/** Where the system has that: Windows opens no folder. */
async function syncFolder(file: string): Promise<void> {
  const folder = await open(dirname(file), "r").catch(() => undefined);
  try {
    await folder?.sync();
  } catch {
    // Some file systems cannot, and order such changes by themselves.
  } finally {
    await folder?.close();
  }
}

async function statOf(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  return await stat(path).catch(() => undefined);
}
