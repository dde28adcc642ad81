import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Docker gives /dev/shm 64 MB unless it is told otherwise, too little to fill unseen.
const ENOUGH_BYTES = 256 * 1024 * 1024;
const PREFIX = "pool-sqlite-";

/** The private file behind `":memory:"`: SQLite's own has no way to be shared between threads and processes. */
export interface MemoryFile {
  readonly file: string;
  /** Removes it. Idempotent. */
  remove(): void;
}

/** Makes a folder that only this user may enter, in memory where the system has such a place; gone when the process ends, however it ends. */
export function makeMemoryFile(folder?: string): MemoryFile {
  const base = folder ?? roomyFolder();
  sweep(base);
  const path = mkdtempSync(join(base, `${PREFIX}${owner()}-`));
  chmodSync(path, 0o700);
  if (live.size === 0) process.on("exit", removeAll);
  live.add(path);
  return { file: join(path, "memory.db"), remove: () => removeOne(path) };
}

const live = new Set<string>();

function removeAll(): void {
  for (const path of live) removeOne(path);
}

function removeOne(path: string): void {
  if (!live.delete(path)) return;
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  if (live.size === 0) process.removeListener("exit", removeAll);
}

/** Removes what processes of this machine left behind that were killed. */
function sweep(base: string): void {
  const [space] = owner().split("-");
  for (const name of readdirSync(base)) {
    const [, itsSpace, pid] = /^pool-sqlite-([0-9a-z]+)-(\d+)-/.exec(name) ?? [];
    if (itsSpace !== space || pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmSync(join(base, name), { recursive: true, force: true });
    } catch {
      // Another user's; theirs to remove.
    }
  }
}

/** Who made a folder: the process, and the space in which its number means something (containers may share a /dev/shm). */
function owner(): string {
  let space = "0";
  try {
    space = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    // Only Linux has such spaces.
  }
  return `${space}-${process.pid}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function roomyFolder(): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize >= ENOUGH_BYTES) return "/dev/shm";
  } catch {
    // Not on this system.
  }
  return tmpdir();
}
