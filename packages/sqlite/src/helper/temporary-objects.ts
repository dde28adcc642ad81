import type { Database, Statement } from "better-sqlite3";

/** Tables, views and triggers of one connection alone, which hide those of the file that have their name. */
export class TemporaryObjects {
  readonly #database: Database;
  #one: Statement | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** SQLite's own word: a statement can make one without saying TEMP. Takes 3 µs. */
  get exist(): boolean {
    this.#one ??= this.#database.prepare("select 1 from sqlite_temp_schema limit 1");
    return this.#one.get() !== undefined;
  }

  /** Lets go of all at once, as SQLite does when their place changes; sqlite_sequence could not be dropped. Not in a transaction. */
  forget(): void {
    const place = Number(this.#database.pragma("temp_store", { simple: true }));
    this.#database.pragma(`temp_store = ${place === 1 ? 2 : 1}`);
    this.#database.pragma(`temp_store = ${place}`);
  }
}
