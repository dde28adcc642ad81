import { describe, expect, test } from "vitest";
import { migrate } from "../src/data/migrate.js";
import { type Migration, migrations } from "../src/data/migrations.js";
import { openDatabase } from "../src/database.js";
import { backends, type TestDatabase } from "./support/databases.js";
import { eventually, testConfig } from "./support/service.js";

const newest = migrations.length;
const next: Migration = {
  version: newest + 1,
  name: "notes",
  up: async (db) => {
    await db.schema.createTable("notes").addColumn("id", "integer").execute();
  },
};

async function open(database: TestDatabase) {
  const opened = await openDatabase(testConfig(database));
  const [writer] = opened.poolsOf("db");
  return {
    database,
    writer: writer!,
    run: (list = migrations) => migrate(opened.store, opened.dialect, list),
    close: () => opened.close(),
  };
}

describe.each(backends)("on $kind", (backend) => {
  test("makes each version once, and later only what is new", async () => {
    const { database, run, close } = await open(await backend.create());
    expect(await run()).toEqual(migrations.map(({ name }) => name));
    expect(await run()).toEqual([]);
    expect(await run([...migrations, next])).toEqual(["notes"]);
    await close();
    expect(await database.read("select version, name from schema_version order by version")).toEqual(
      [...migrations, next].map(({ version, name }) => ({ version, name })),
    );
  });

  test("makes a version once when another instance has looked, and waits for its turn, meanwhile", async () => {
    const { database, run, close } = await open(await backend.create());
    await run();
    const other = await open(database);
    let late: Promise<string[]> | undefined;
    let begun = 0;
    const slow: Migration = {
      ...next,
      up: async (db, dialect) => {
        begun++;
        late ??= other.run([...migrations, slow]);
        // Not one that would not wait: that one has begun by then as well.
        const waits = () => begun > 1 || other.writer.holders().some(({ busyMs }) => busyMs > 200);
        await eventually("the other one's wait", () => waits() || undefined);
        await next.up(db, dialect);
      },
    };
    expect(await run([...migrations, slow])).toEqual(["notes"]);
    expect(await late).toEqual([]);
    await Promise.all([close(), other.close()]);
  });

  test("leaves nothing of a migration that fails half-way, and can be run again", async () => {
    const { database, run, close } = await open(await backend.create());
    await run();
    const failing: Migration = {
      ...next,
      up: async (db, dialect) => {
        await next.up(db, dialect);
        throw new Error("the second half does not work");
      },
    };
    await expect(run([...migrations, failing])).rejects.toThrow("the second half does not work");
    await expect(database.read("select * from notes")).rejects.toThrow(/notes/);
    expect(await run([...migrations, next])).toEqual(["notes"]);
    await close();
  });

  test("refuses a database that is newer than the program", async () => {
    const { run, close } = await open(await backend.create());
    await run([...migrations, next]);
    await expect(run()).rejects.toThrow(
      `the database has schema version ${newest + 1}, and this program knows versions up to ${newest}`,
    );
    await close();
  });
});
