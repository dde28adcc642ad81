import type { Database, Statement } from "better-sqlite3";

/**
 * One read transaction around the reads of a list. On its own each takes and gives back the file's lock, two system calls and more than half of
 * a read by key. All were called before the list was sent, so that one state of the database, that of its beginning, is right for all of them.
 */
export class Snapshot {
  readonly #database: Database;
  readonly #begin: Statement;
  readonly #end: Statement;
  #isOpen = false;

  constructor(database: Database) {
    this.#database = database;
    this.#begin = database.prepare("begin");
    this.#end = database.prepare("commit");
  }

  open(): void {
    if (this.#isOpen) return;
    this.#begin.run();
    this.#isOpen = true;
  }

  /** Never throws: there is nothing to lose. After some errors SQLite has ended it by itself. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#database.inTransaction) this.#end.run();
  }
}
