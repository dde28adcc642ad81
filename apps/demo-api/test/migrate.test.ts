import { expect, test } from "vitest";
import { migrate } from "../src/data/migrate.js";
import { type Migration, migrations } from "../src/data/migrations.js";
import { openDatabase } from "../src/database.js";
import { readFrom } from "./support/ledger.js";
import { temporaryFolder, testConfig } from "./support/service.js";

const newest = migrations.length;
const next: Migration = {
  version: newest + 1,
  name: "notes",
  up: async (db) => {
    await db.schema.createTable("notes").addColumn("id", "integer").execute();
  },
};

async function database() {
  const folder = await temporaryFolder();
  const open = await openDatabase(testConfig(folder));
  return { folder, run: (list = migrations) => migrate(open.store, open.migration, list), close: () => open.close() };
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

test("two that start at once make each version once", async () => {
  const { run, close } = await database();
  const made = await Promise.all([run(), run()]);
  expect(made.flat().sort()).toEqual(migrations.map(({ name }) => name).sort());
  await close();
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
