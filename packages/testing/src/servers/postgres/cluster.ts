import { execFile } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Home } from "../home.js";
import type { PostgresServerOptions } from "./options.js";

export type Settings = NonNullable<PostgresServerOptions["settings"]>;

/** The files of one PostgreSQL server, and the programs that run it. */
export interface Cluster {
  readonly bin: string;
  readonly home: Home;
  readonly data: string;
}

/** Makes an empty cluster whose superuser is `postgres`. */
export async function initCluster(bin: string, home: Home, password: string): Promise<Cluster> {
  const data = home.folder("data");
  const passwordFile = home.write("password", password);
  const authentication = ["--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--username=postgres"];
  const quick = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--no-locale"];
  await runProgram({ bin, home }, "initdb", ["--pgdata", data, ...authentication, ...quick]);
  return { bin, home, data };
}

/** Runs one of PostgreSQL's own programs as the server's user. */
export async function runProgram(
  { bin, home }: Pick<Cluster, "bin" | "home">,
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const options = { ...home.user, cwd: home.directory, env: { PATH: process.env.PATH, LC_ALL: "C", ...env } };
  await promisify(execFile)(join(bin, name), args, options).catch((cause: unknown) => {
    const { stderr = "", code } = cause as { stderr?: string; code?: unknown };
    if (code === "ENOENT") throw new Error(`PostgreSQL: there is no ${name} in ${bin}`, { cause });
    throw new Error(`PostgreSQL: ${name} failed: ${stderr.trim()}`, { cause });
  });
}

/** Adds settings; the last one of a name counts. */
export function configure({ data }: Cluster, settings: Settings): void {
  const lines = Object.entries(settings).map(([name, value]) => {
    const text = typeof value === "boolean" ? (value ? "on" : "off") : String(value);
    return `${name} = '${text.replaceAll("'", "''")}'\n`;
  });
  appendFileSync(join(data, "postgresql.conf"), lines.join(""));
}

/** What every cluster is started with. */
export function basics(port: number, home: Home, durable: boolean): Settings {
  return {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: home.directory,
    // Not off: a commit that was acknowledged must survive the kill of the server, which these two see to without a sync.
    synchronous_commit: true,
    full_page_writes: true,
    fsync: durable,
    // In the data directory, so that a killed server leaves nothing in /dev/shm.
    dynamic_shared_memory_type: "mmap",
    shared_buffers: "32MB",
    wal_level: "replica",
    max_wal_size: "256MB",
    log_line_prefix: "%m [%p] ",
  };
}

/** As its main process notes it for pg_ctl: on the last line of postmaster.pid. */
export async function isServing({ data }: Cluster, pid: number): Promise<boolean> {
  const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
  return lines[0] === String(pid) && /^(ready|standby)\s*$/.test(lines[7] ?? "");
}

/** Removes the shared memory segment that a killed server leaves behind. A server that ended orderly has none. */
export async function removeSharedMemory({ data }: Cluster): Promise<void> {
  try {
    const [, id] = (readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[6] ?? "").trim().split(/\s+/);
    if (id) await promisify(execFile)("ipcrm", ["-m", id]);
  } catch {
    // There is none, or nobody to remove it: some bytes until the machine restarts.
  }
}
