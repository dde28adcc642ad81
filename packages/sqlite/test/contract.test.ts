import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeAdapter } from "@pool/testing";
import { afterAll } from "vitest";
import { sqlite, type SqliteHandle } from "../src/index.js";
import { sqliteDriver as driver } from "../src/driver.js";
import { processFactory } from "../src/handle/factories.js";
import { pragmasOf, readSqliteOptions } from "../src/options.js";
import { connectionsTo } from "./open-connections.js";
import { HEAVY } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "pool-sqlite-contract-"));
const file = join(folder, "contract.db");
const options = readSqliteOptions({ file, readers: 1 });
afterAll(() => rmSync(folder, { recursive: true }));

describeAdapter("sqlite", {
  factory: () => ({
    driver,
    factory: processFactory("writer", {
      place: { name: "contract", file },
      spec: { ...options, bigint: false, pragmas: pragmasOf(options) },
    }),
  }),
  connector: () => sqlite({ file, readers: 1 }),
  badConnector: () => sqlite({ file: join(folder, "absent", "contract.db") }),
  repair() {
    mkdirSync(join(folder, "absent"));
    return () => rmSync(join(folder, "absent"), { recursive: true });
  },
  openCount: () => connectionsTo(file),
  breakResource: (handle) => handle.link.kill(),
  sessionState: {
    "a temporary table": {
      leave: (handle: SqliteHandle) => handle.query("create temporary table mine (id integer)"),
      isThere: async (handle: SqliteHandle) => (await handle.query("select 1 from temp.sqlite_master")).rowCount > 0,
    },
  },
  sql: { slow: HEAVY },
  // Each connection is a process, which a busy machine is slow to start.
  patience: 15_000,
});
