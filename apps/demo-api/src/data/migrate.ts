import { type Db, type Store } from "../store.js";
import { type Migration, type MigrationDialect, migrations as released } from "./migrations.js";

/**
 * Brings the schema to the newest version: each migration in a transaction of its own, together with the note that it was made.
 * @returns the names of those that were made now
 * @throws Error when the database is newer than this program
 */
export async function migrate(
  store: Store,
  dialect: MigrationDialect,
  migrations: readonly Migration[] = released,
): Promise<string[]> {
  await store.transaction(
    async (db) => {
      await dialect.lockSchema(db);
      await createVersions(db);
    },
    { label: "look for migrations" },
  );

  const newest = Math.max(0, ...migrations.map((migration) => migration.version));
  const made: string[] = [];
  const current = await versionOf(store.db);
  if (current > newest) {
    throw new Error(
      `the database has schema version ${current}, and this program knows versions up to ${newest}: use a newer program`,
    );
  }
  for (const migration of migrations.filter(({ version }) => version > current)) {
    await store.transaction(
      async (db) => {
        await dialect.lockSchema(db);
        // Another instance may have come first while this one waited.
        if ((await versionOf(db)) >= migration.version) return;
        await migration.up(db, dialect);
        const applied_at = new Date().toISOString();
        await db
          .insertInto("schema_version")
          .values({ version: migration.version, name: migration.name, applied_at })
          .execute();
        made.push(migration.name);
      },
      { label: `migrate to ${migration.version}` },
    );
  }
  return made;
}

async function createVersions(db: Db): Promise<void> {
  await db.schema
    .createTable("schema_version")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("applied_at", "text", (column) => column.notNull())
    .execute();
}

async function versionOf(db: Db): Promise<number> {
  const { version } = await db
    .selectFrom("schema_version")
    .select((eb) => eb.fn.max<number | null>("version").as("version"))
    .executeTakeFirstOrThrow();
  return version ?? 0;
}
