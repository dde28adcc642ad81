// The servers and the browser that tests start for themselves, as programs on this machine. What a bare Debian lacks is installed, when we are root;
// POOL_TEST_NO_INSTALL=1 switches that off. No service is started: tests run the programs as children of their own.
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { findBrowser, findPostgres, findProgram } from "../packages/testing/src/servers/programs.ts";
import { aptGet, canInstall } from "./apt.mjs";

/** What has to be there, and what it is called where. */
const needs = [
  { find: findPostgres, debian: "postgresql", brew: "postgresql@17" },
  { find: () => findProgram("redis-server"), debian: "redis-server", brew: "redis" },
  { find: () => findProgram("etcd"), debian: "etcd-server", brew: "etcd" },
  { find: () => findProgram("pgbouncer"), debian: "pgbouncer", brew: "pgbouncer" },
  { find: () => findProgram("openssl"), debian: "openssl", brew: "openssl" },
  { find: () => findProgram("promtool"), debian: "prometheus", brew: "prometheus" },
  { find: findBrowser, debian: "chromium", brew: "chromium" },
];

/** Sees to it that all programs are there, and resolves with 0 when they are. */
export async function servers() {
  const missing = needs.filter(({ find }) => !find());
  const { say, install } = decide(missing, { canInstall: canInstall(), platform: process.platform });
  console.log(say);
  if (missing.length === 0) return 0;
  if (!install) return 1;

  const code = await withoutServices(() => aptGet(install));
  const left = needs.filter(({ find }) => !find()).map(({ debian }) => debian);
  if (left.length > 0) console.log(`still missing: ${left.join(", ")}`);
  return left.length > 0 ? 1 : code;
}

/** What to say, and which packages to install, if any. */
export function decide(missing, { canInstall, platform }) {
  if (missing.length === 0)
    return { say: "PostgreSQL, Redis, etcd, PgBouncer, promtool and Chromium are on this machine" };
  const packages = missing.map((need) => (platform === "darwin" ? need.brew : need.debian));
  const command = platform === "darwin" ? "brew install" : "apt-get install --no-install-recommends";
  if (canInstall) {
    const say = `installing ${packages.join(", ")} for the tests, no service is started (POOL_TEST_NO_INSTALL=1 switches this off)`;
    return { say, install: packages };
  }
  return { say: `the tests need programs that are not on this machine; run: ${command} ${packages.join(" ")}` };
}

/**
 * Debian starts what it installs, and makes a cluster for PostgreSQL. Both can be told not to, by files that are there only while this
 * runs; a policy that the machine already has is left as it is. Ours holds only while this process lives, were it to be killed.
 */
async function withoutServices(install) {
  const whileAlive = `#!/bin/sh\n# Written by npm test of @pool, which removes it.\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`;
  const undo = [
    place("/usr/sbin/policy-rc.d", whileAlive, 0o755),
    place("/etc/postgresql-common/createcluster.d/pool-tests.conf", "create_main_cluster = false\n", 0o644),
  ];
  try {
    return await install();
  } finally {
    for (const each of undo) each();
  }
}

/** Writes a file unless there is one, and returns what takes it away again with the folders that it needed. */
function place(path, content, mode) {
  if (existsSync(path)) return () => undefined;
  const made = [];
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) made.push(folder);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode });
  return () => {
    rmSync(path, { force: true });
    for (const folder of made) {
      try {
        rmdirSync(folder);
      } catch {
        return; // a package has put something there
      }
    }
  };
}
