import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contractTests, describeAdapter } from "@pool/testing";
import { afterAll, describe, test } from "vitest";
import { sqlite, type SqliteHandle } from "../src/index.js";
import { sqliteDriver as driver } from "../src/driver.js";
import { processFactory, threadFactory } from "../src/handle/factories.js";
import { readSqliteOptions } from "../src/options.js";
import { pragmasOf } from "../src/pragmas.js";
import { connectionsTo } from "./open-connections.js";
import { HEAVY } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "pool-sqlite-contract-"));
const file = join(folder, "contract.db");
const options = readSqliteOptions({ file, readers: 1 });
afterAll(() => rmSync(folder, { recursive: true }));

const spec = { ...options, bigint: false, pragmas: pragmasOf(options) };
const place = { name: "contract", file };
// Other systems do not say which files a process has open.
const counted = process.platform === "linux" && { openCount: () => connectionsTo(file) };
// Each connection is a process or a thread, which a busy machine is slow to start.
const patience = 15_000;

describeAdapter("sqlite", {
  factory: () => ({
    driver,
    factory: processFactory("writer", { place, spec }),
  }),
  connector: () => sqlite({ file, readers: 1 }),
  badConnector: () => sqlite({ file: join(folder, "absent", "contract.db") }),
  repair() {
    mkdirSync(join(folder, "absent"));
    return () => rmSync(join(folder, "absent"), { recursive: true });
  },
  ...counted,
  breakResource: (handle) => handle.link.kill(),
  sessionState: {
    "a temporary table": {
      leave: (handle: SqliteHandle) => handle.query("create temporary table mine (id integer)"),
      isThere: async (handle: SqliteHandle) => (await handle.query("select 1 from temp.sqlite_master")).rowCount > 0,
    },
  },
  sql: { slow: HEAVY },
  patience,
});

describe("the threads that read keep the contract of resources", () => {
  const threads = contractTests({
    factory: () => ({ factory: threadFactory({ place, spec }) }),
    connector: () => sqlite({ file, readers: 1 }),
    ...counted,
    patience,
  });
  for (const { part, promise, run } of threads) {
    if (part === "resource" || part === "pool") test(promise, { timeout: 4 * patience }, run);
  }
});
