import type { PostgresServer } from "@pool/testing";
import type { Item } from "./statements.ts";

/** Where the database is, as the contestants need it. */
export type Database = Pick<PostgresServer, "url" | "host" | "port" | "user" | "password" | "database">;

/** As many connections as `pg.Pool` has by itself, for everybody. */
export const POOL_SIZE = 10;

export type Statement = "simple" | "point" | "prepared" | "rows";

/** One way to run statements. */
export interface PostgresSubject {
  /** A text without values. */
  simple(): Promise<unknown>;
  /** A read by primary key with one value, as one writes it when one thinks of nothing. */
  point(id: number): Promise<Item | undefined>;
  /** The same under a name. */
  prepared(id: number): Promise<Item | undefined>;
  /** Rows of many types, all of a table. */
  rows(): Promise<readonly object[]>;
  close(): unknown;
}

export interface PostgresEngine {
  readonly name: string;
  open(database: Database): Promise<PostgresSubject>;
}
