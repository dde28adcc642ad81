import { seededRandom, seedOfRun } from "@pool/testing";
import { isPoolError, type PoolError } from "@pool/core";
import { expect, test } from "vitest";
import { sqlite, verifyBackup } from "../src/index.js";
import { openDatabase } from "./support.js";

const seed = seedOfRun();
// Of every type, and objects that look like options and are none.
const JUNK: readonly unknown[] = [
  ...[null, true, -1, Number.NaN, 1.5, "", "x", 7n, Symbol("s"), new Date(0), () => undefined],
  ...[[], [1], {}, { unheardOf: 1 }, { text: 5 }, { text: "select 1", values: 5 }],
  ...[{ signal: "x" }, { signal: null }, { timeout: "x" }, { timeout: null }, { label: 5 }, { maxSize: "9" }],
  ...[{ isolation: 5 }, { retries: Number.NaN }, { mode: 5 }, { readOnly: "yes" }],
];
const OWN = ["INVALID_ARGUMENT", "INVALID_OPTIONS"];
// What SQLite and the file system say of a text or a path that is one.
const BACKEND = ["STATEMENT_FAILED", "BACKUP_FAILED", "CANNOT_OPEN", "NOT_A_DATABASE", "FILE_GONE", "ACQUIRE_TIMEOUT"];

test(`a SQLite client refuses junk by name, and answers as before (seed ${String(seed)})`, async () => {
  const { client } = await openDatabase();
  const random = seededRandom(seed);
  const pick = (): unknown => JUNK[Math.floor(random() * JUNK.length)];
  const calls: Readonly<Record<string, (...args: never[]) => unknown>> = {
    query: (...args) => client.query(...(args as unknown as [string])),
    object: (options: object) => client.query({ text: "select 1", ...options }),
    batch: (statements, options) => client.batch(statements, options),
    backup: (target: unknown, options) =>
      client.backup(typeof target === "string" && target !== "" ? "/nowhere/at/all.db" : (target as never), options),
    database: async (options) => void (await client.database(options)).close(),
    lease: async (...args) => {
      using lease = await client.acquire();
      return await lease.resource.query(...(args as unknown as [string]));
    },
    verifyBackup: (file, options) => verifyBackup(file, options),
    sqlite: (options) => void sqlite(options),
  };
  const good: Readonly<Record<string, readonly unknown[]>> = {
    query: ["select 1 as one", [], {}],
    object: [{}],
    batch: [[{ text: "select 1" }], {}],
    backup: ["/nowhere/at/all.db", {}],
    database: [{}],
    lease: ["select 1 as one", [], {}],
    verifyBackup: ["/nowhere/at/all.db", {}],
    sqlite: [{ file: "/nowhere/at/all.db" }],
  };
  const problems: string[] = [];
  for (const [name, args] of Object.entries(good)) {
    const tries = args.flatMap((_, at) => JUNK.map((junk) => args.with(at, junk)));
    for (let round = 0; round < 10; round++) tries.push(args.map(() => pick()));
    for (const given of tries) {
      const error: unknown = await Promise.resolve()
        .then(() => calls[name]?.(...(given as never[])))
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      if (error === undefined || (isPoolError(error) && [...OWN, ...BACKEND].includes(error.code))) continue;
      const { code, stack } = error as PoolError;
      problems.push(`${name}: ${code} ${String(stack)}`);
    }
  }
  expect(problems).toEqual([]);
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  const { writer, threads, processes } = client.pools;
  expect([writer, threads, processes].map(({ stats }) => stats.leased)).toEqual([0, 0, 0]);
}, 60_000);
