import { type Queryable } from "@pool/core";
import { type PostgresMethods } from "@pool/postgres";
import { kyselyDialect as postgresKysely } from "@pool/postgres/kysely";
import { kyselyDialect as sqliteKysely } from "@pool/sqlite/kysely";
import { type ColumnDefinitionBuilder, type Insertable, Kysely, sql } from "kysely";
import { TypeOverrides } from "pg";
import { copyLines } from "./data/copy-lines.js";
import { type Schema } from "./data/schema.js";
import { inParts } from "./data/in-parts.js";
import { type Db } from "./store.js";

/** Puts rows into a table, the fastest way that the database has. */
export type Load = <T extends keyof Schema>(table: T, rows: readonly Insertable<Schema[T]>[]) => Promise<void>;

/** All that is special to one database. `Target` is what statements go to: a client of its connector, or a transaction of that. */
export interface DatabaseDialect<Target = never> {
  readonly kyselyOver: (target: Target) => Db;
  readonly loadInto: (target: Target) => Load;
  /** Runs behind the last row of a first start, in its transaction. */
  readonly afterLoad: (db: Db) => Promise<void>;
  /** Makes a column the table's own growing id. */
  readonly idColumn: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
  /** Keeps other instances from changing the schema until the transaction ends. */
  readonly lockSchema: (db: Db) => Promise<void>;
}

// With at most seven columns far below every database's limit of values per statement.
const ROWS_PER_STATEMENT = 500;

export const sqliteDialect: DatabaseDialect<Queryable> = {
  kyselyOver: (target) => new Kysely<Schema>({ dialect: sqliteKysely(target) }),
  loadInto: (target) => async (table, rows) => {
    const db = sqliteDialect.kyselyOver(target);
    for (const part of inParts(rows, ROWS_PER_STATEMENT)) await db.insertInto(table).values(part).execute();
  },
  afterLoad: async () => {},
  idColumn: (column) => column.primaryKey().autoIncrement(),
  // The writer is alone from its first statement on.
  lockSchema: async () => {},
};

const types = new TypeOverrides();
const INT8 = 20;
// Counts and cents stay far below 2^53, where a number is exact.
types.setTypeParser(INT8, Number);

// Any number, as long as nobody else locks it in this database.
const SCHEMA_LOCK = 7_013_602;

export const postgresDialect: DatabaseDialect<PostgresMethods> = {
  kyselyOver: (target) => new Kysely<Schema>({ dialect: postgresKysely(target, { types }) }),
  loadInto: (target) => async (table, rows) => {
    const [first] = rows;
    if (first === undefined) return;
    const columns = Object.keys(first);
    const names = columns.map((name) => `"${name}"`).join(", ");
    await target.copyFrom(`copy "${table}" (${names}) from stdin`, copyLines(rows, columns));
  },
  async afterLoad(db) {
    // The rows brought their ids, which the sequences have not heard of; nor has the planner heard of the rows.
    for (const table of ["customers", "products", "orders"] as const) {
      const last = db.selectFrom(table).select((eb) => eb.fn.max("id").as("id"));
      await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (${last}))`.execute(db);
    }
    await sql`analyze`.execute(db);
  },
  idColumn: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  async lockSchema(db) {
    await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK})`.execute(db);
  },
};
