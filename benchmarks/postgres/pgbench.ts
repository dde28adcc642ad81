import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PostgresLoad } from "./loads.ts";
import type { Figures } from "../lib/measure.ts";
import { SCRIPTS } from "./statements.ts";
import type { Database } from "./subject.ts";

const run = promisify(execFile);

const PROTOCOL = { simple: "simple", point: "extended", prepared: "prepared", rows: "simple" } as const;

/** The least that a client can be: PostgreSQL's own, a connection for each caller, in C and in another process. Only its rate is known. */
export interface Pgbench extends AsyncDisposable {
  measure(load: PostgresLoad, count: number): Promise<Figures>;
}

/** @param folder where the server's programs are */
export async function pgbench(folder: string, database: Database): Promise<Pgbench> {
  const scripts = await mkdtemp(join(tmpdir(), "pool-pgbench-"));
  for (const [name, text] of Object.entries(SCRIPTS)) await writeFile(join(scripts, `${name}.sql`), text);
  const { host, port, user, password } = database;
  const env = { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
  return {
    async measure({ statement, callers }, count) {
      const each = String(Math.max(1, Math.round(count / callers)));
      const script = join(scripts, `${statement}.sql`);
      const how = ["-n", "-M", PROTOCOL[statement], "-c", String(callers), "-j", "1", "-t", each, "-f", script];
      const { stdout } = await run(join(folder, "pgbench"), [...how, database.database], { env });
      const [, rate] = /tps = ([\d.]+) \(without initial connection time\)/.exec(stdout) ?? [];
      if (rate === undefined) throw new Error(`pgbench says nothing of its rate:\n${stdout}`);
      return { cpu: NaN, rate: Number(rate), heap: NaN };
    },
    [Symbol.asyncDispose]: () => rm(scripts, { recursive: true }),
  };
}
