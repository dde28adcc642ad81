import { join } from "node:path";
import { type PostgresServer, sharedPostgres } from "@pool/testing";
import Database from "better-sqlite3";
import { Client, TypeOverrides } from "pg";
import { afterAll } from "vitest";
import { type CleanUp, temporaryFolder } from "./folder.js";

/** A database of its own for a test, and a way to look at it past the service. */
export interface TestDatabase {
  /** What tells the service where it is. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs one reading statement on a connection of its own. */
  read<Row>(sql: string): Promise<Row[]>;
  /** Holds the lock of the customer 1 in a transaction of its own, until the result is called. */
  lockCustomer(): Promise<() => Promise<void>>;
}

export interface Backend {
  readonly kind: "sqlite" | "postgres";
  /** A new, empty database, which is gone after the test (or after the file, when called in `beforeAll` with `afterAll`). */
  create(cleanUp?: CleanUp): Promise<TestDatabase>;
}

/** The file of the SQLite database in a `DATA_DIR`. */
export const fileIn = (dataDir: string): string => join(dataDir, "orders.sqlite");

export const sqlite: Backend = {
  kind: "sqlite",
  async create(cleanUp) {
    const folder = await temporaryFolder(cleanUp);
    return {
      env: { DATA_DIR: folder },
      async read<Row>(sql: string) {
        const database = new Database(fileIn(folder), { readonly: true });
        try {
          return database.prepare<[], Row>(sql).all();
        } finally {
          database.close();
        }
      },
      async lockCustomer() {
        const database = new Database(fileIn(folder));
        database.exec("begin immediate");
        return async () => void database.close();
      },
    };
  },
};

const types = new TypeOverrides();
types.setTypeParser(20, Number); // int8

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, types });
  await client.connect();
  return client;
}

let server: Promise<PostgresServer> | undefined;
// With every database that was made here.
afterAll(async () => await (await server)?.[Symbol.asyncDispose]());

export const postgres: Backend = {
  kind: "postgres",
  async create() {
    server ??= sharedPostgres();
    const url = await (await server).createDatabase();
    return {
      env: { DATABASE_URL: url },
      async read<Row>(sql: string) {
        const client = await connected(url);
        try {
          return (await client.query(sql)).rows as Row[]; // the test knows its statement
        } finally {
          await client.end();
        }
      },
      async lockCustomer() {
        const client = await connected(url);
        await client.query("begin");
        await client.query("select from customers where id = 1 for update");
        return () => client.end();
      },
    };
  },
};

/** Every database that the service runs on: its tests run once on each. */
export const backends: readonly Backend[] = [sqlite, postgres];
