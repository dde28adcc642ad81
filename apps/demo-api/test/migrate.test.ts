import { expect, test } from "vitest";
import { migrate } from "../src/data/migrate.js";
import { type Migration, migrations } from "../src/data/migrations.js";
import { openDatabase } from "../src/database.js";
import { readFrom } from "./support/ledger.js";
import { eventually, temporaryFolder, testConfig } from "./support/service.js";

const newest = migrations.length;
const next: Migration = {
  version: newest + 1,
  name: "notes",
  up: async (db) => {
    await db.schema.createTable("notes").addColumn("id", "integer").execute();
  },
};

async function database(folder?: string) {
  folder ??= await temporaryFolder();
  const open = await openDatabase(testConfig(folder));
  const [writer] = open.poolsOf("db");
  return {
    folder,
    writer: writer!,
    run: (list = migrations) => migrate(open.store, open.migration, list),
    close: () => open.close(),
  };
}

test("makes each version once, and later only what is new", async () => {
  const { folder, run, close } = await database();
  expect(await run()).toEqual(migrations.map(({ name }) => name));
  expect(await run()).toEqual([]);
  expect(await run([...migrations, next])).toEqual(["notes"]);
  await close();
  expect(readFrom(folder, "select version, name from schema_version order by version")).toEqual(
    [...migrations, next].map(({ version, name }) => ({ version, name })),
  );
});

test("makes a version once when another instance has looked, and waits for the writer, meanwhile", async () => {
  const { folder, run, close } = await database();
  await run();
  const other = await database(folder);
  let late: Promise<string[]> | undefined;
  const slow: Migration = {
    ...next,
    up: async (db, dialect) => {
      late ??= other.run([...migrations, slow]);
      await eventually("the other one's wait", () => other.writer.holders().length === 1 || undefined);
      await next.up(db, dialect);
    },
  };
  expect(await run([...migrations, slow])).toEqual(["notes"]);
  expect(await late).toEqual([]);
  await Promise.all([close(), other.close()]);
});

test("leaves nothing of a migration that fails half-way, and can be run again", async () => {
  const { folder, run, close } = await database();
  await run();
  const failing: Migration = {
    ...next,
    up: async (db, dialect) => {
      await next.up(db, dialect);
      throw new Error("the second half does not work");
    },
  };
  await expect(run([...migrations, failing])).rejects.toThrow("the second half does not work");
  expect(readFrom(folder, "select name from sqlite_schema where name = 'notes'")).toEqual([]);
  expect(await run([...migrations, next])).toEqual(["notes"]);
  await close();
});

test("refuses a database that is newer than the program", async () => {
  const { run, close } = await database();
  await run([...migrations, next]);
  await expect(run()).rejects.toThrow(
    `the database has schema version ${newest + 1}, and this program knows versions up to ${newest}`,
  );
  await close();
});
