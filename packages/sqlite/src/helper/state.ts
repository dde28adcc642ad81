import type { Database } from "better-sqlite3";
import { type OpenSpec } from "./protocol.ts";
import { type Manner } from "./rules.ts";
import { Settings } from "./settings.ts";
import { type Prepared } from "./statements.ts";
import { TemporaryObjects } from "./temporary-objects.ts";
import { Refusal } from "./wire-error.ts";

/** What a connection carries from one statement to the next, and how to get rid of it. */
export class ConnectionState {
  readonly #database: Database;
  readonly #spec: OpenSpec;
  readonly #temporary: TemporaryObjects;
  /** Somebody began a transaction and has not ended it; SQLite may have, after a full disk or an I/O error. */
  #wanted = false;
  #dirty = false;
  #schemaChanged = false;
  /** As they were before a session changed one. */
  #settings: Settings | undefined;

  constructor(database: Database, spec: OpenSpec) {
    this.#database = database;
    this.#spec = spec;
    this.#temporary = new TemporaryObjects(database);
  }

  /** Refuses what must not run here, before it is so much as prepared: SQLite carries a PRAGMA out while it prepares it. */
  admit(manner: Manner, session: boolean): void {
    const refusal = session ? manner.refusal : (manner.refusal ?? manner.refusalOutsideSession);
    if (refusal !== undefined) throw new Refusal("refused", refusal);
    // Without this, statements after an automatic rollback would each commit on their own.
    if (this.#wanted && !this.#database.inTransaction && manner.verb !== "rollback") {
      throw new Refusal("ended", "SQLite has rolled the transaction back by itself, after an error in it");
    }
    if (!manner.dirties) return;
    this.#settings ??= new Settings(this.#database, this.#spec);
    this.#dirty = true;
  }

  /** Refuses what writes, on a connection for reads. */
  admitWrites({ manner, writes }: Prepared): void {
    // SQLite counts some PRAGMAs as writing that only ask; one that writes fails on a connection for reads all the same.
    if (writes && manner.verb !== "pragma" && this.#spec.role === "reader")
      throw new Refusal("writes", "a connection for reads was given a statement that writes");
  }

  /** Notes what a statement has done, also one that failed. */
  ran({ manner, reader }: Prepared): void {
    // What returns rows begins no transaction: to ask the driver costs as much as a text on its way.
    if (!reader && this.#database.inTransaction) this.#wanted = true;
    else if (manner.control) this.#wanted = false;
    if (!manner.changesSchema) return;
    this.#schemaChanged = true;
    if (this.#temporary.exist) this.#dirty = true;
  }

  /** A statement on its own makes nothing that lasts on its connection: who comes next would find a table in the place of another. */
  assertNothingLeft(): void {
    if (!this.#dirty) return;
    this.reset();
    const message = "a temporary table, view or trigger would be gone after its statement: make it inside a session";
    throw new Refusal("refused", message);
  }

  /** Back to how it was opened. Throws when that fails; the connection is then closed. */
  reset(): void {
    if (this.#database.inTransaction) this.#database.exec("rollback");
    this.#wanted = false;
    if (!this.#dirty) return;
    this.#temporary.forget();
    this.#settings?.restore();
    this.#dirty = false;
  }

  /** For the message to the main thread. */
  report(): { inTransaction: boolean; dirty: boolean; schemaChanged: boolean } {
    const schemaChanged = this.#schemaChanged;
    this.#schemaChanged = false;
    // The transaction around the reads of a list is nobody's.
    const inTransaction = this.#wanted && this.#database.inTransaction;
    return {
      inTransaction,
      dirty: this.#dirty || (this.#wanted && !inTransaction),
      schemaChanged,
    };
  }
}
