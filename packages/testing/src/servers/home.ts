import { chownSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Where a server lives: a temporary directory that only its user can enter. */
export interface Home {
  readonly directory: string;
  /** Whom the server runs as; empty unless we are root, since PostgreSQL refuses to be. */
  readonly user: { readonly uid?: number; readonly gid?: number };
  /** Makes a directory in it that the server's user owns. */
  folder(name: string): string;
  /** Writes a file into it that nobody but the server's user can read. */
  write(name: string, content: string): string;
}

// A Unix socket's path ends at 104 or 108 bytes, and the name of the socket comes on top.
const LONGEST = 80;

/** Makes a directory such as `/tmp/pool-pg-Xa81bc`. */
export function makeHome(kind: string): Home {
  const user: Home["user"] = process.getuid?.() === 0 ? nobody() : {};
  const directory = mkdtempSync(join(base(user.uid !== undefined), `pool-${kind}-`));
  const own = (path: string): string => {
    if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
    return path;
  };
  own(directory);
  return {
    directory,
    user,
    folder(name) {
      mkdirSync(join(directory, name), { mode: 0o700 });
      return own(join(directory, name));
    },
    write(name, content) {
      writeFileSync(join(directory, name), content, { mode: 0o600 });
      return own(join(directory, name));
    },
  };
}

function base(asNobody: boolean): string {
  const bases = [tmpdir(), "/tmp", "/var/tmp"];
  const fit = bases.find((path) => path.length <= LONGEST && isReachable(path, asNobody));
  if (!fit) throw new Error(`no temporary directory that a server can use: tried ${bases.join(", ")}`);
  return realpathSync(fit);
}

function isReachable(path: string, asNobody: boolean): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info?.isDirectory()) return false;
  if (!asNobody) return true;
  const others = (info.mode & 0o001) !== 0;
  return others && (dirname(path) === path || isReachable(dirname(path), true));
}

function nobody(): { uid: number; gid: number } {
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}
