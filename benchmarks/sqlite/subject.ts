import type { Item } from "./statements.ts";

/** One way to use a SQLite file. What is synchronous is left so: waiting for nothing would be a cost of the benchmark. */
export interface SqliteSubject {
  /** So many look-ups by key, one after the other, in the way that this contestant does it fastest. Returns the sum of the ids found. */
  points(count: number): number | Promise<number>;
  point(id: number): Item | undefined | Promise<Item | undefined>;
  read(id: number): Item | undefined | Promise<Item | undefined>;
  /** Counts up to `count`. */
  slow(count: number): number | Promise<number>;
  insert(item: number, note: string): unknown;
  /** All in one transaction. */
  batch(rows: readonly (readonly [item: number, note: string])[]): unknown;
  close(): unknown;
}

export interface SqliteEngine {
  readonly name: string;
  open(file: string): Promise<SqliteSubject>;
}
