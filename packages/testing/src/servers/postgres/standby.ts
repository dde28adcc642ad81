import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { makeHome } from "../home.js";
import { literal } from "./admin.js";
import { runProgram, type Cluster } from "./cluster.js";
import type { PostgresStandby } from "./options.js";
import { OwnPostgres, type OwnPostgresParts } from "./own-postgres.js";
import { startCluster } from "./start-cluster.js";

const PATIENCE = 15_000;

/** Copies a running primary and starts the copy as its standby. */
export async function startStandby(primary: OwnPostgres, parts: OwnPostgresParts): Promise<PostgresStandby> {
  const home = makeHome("pg");
  const cluster: Cluster = { bin: parts.cluster.bin, home, data: home.folder("data") };
  const from = ["--host", primary.socketDirectory, "--port", String(primary.port), "--username", primary.user];
  const how = [
    "--pgdata",
    cluster.data,
    "--write-recovery-conf",
    "--checkpoint=fast",
    "--no-sync",
    "--wal-method=stream",
  ];
  await runProgram(cluster, "pg_basebackup", [...from, ...how], { PGPASSWORD: primary.password }).catch(
    async (error: unknown) => {
      await rm(home.directory, { recursive: true, force: true });
      throw error;
    },
  );
  const started = await startCluster(cluster, { durable: false, settings: { hot_standby: true } });
  return new Standby(primary, { ...parts, ...started, cluster });
}

class Standby extends OwnPostgres implements PostgresStandby {
  readonly #primary: OwnPostgres;

  constructor(primary: OwnPostgres, parts: OwnPostgresParts) {
    super(parts);
    this.#primary = primary;
  }

  async promote(): Promise<void> {
    const [row] = await this.sql(`select pg_promote(true, ${PATIENCE / 1000}) as done`);
    if (row?.done !== "t") throw new Error(`the standby was not promoted within ${PATIENCE} ms`);
  }

  async caughtUp(): Promise<void> {
    const [row] = await this.#primary.sql("select pg_current_wal_lsn() as position");
    const position = literal(row?.position ?? "0/0");
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const [state] = await this.sql(`select pg_last_wal_replay_lsn() >= ${position} as done`);
      if (state?.done === "t") return;
      if (performance.now() > deadline) throw new Error(`the standby did not catch up within ${PATIENCE} ms`);
      await sleep(10);
    }
  }
}
