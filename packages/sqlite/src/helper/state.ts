import type { Database } from "better-sqlite3";
import { applyPragmas } from "./database.ts";
import { type OpenSpec } from "./protocol.ts";
import { type Prepared } from "./statements.ts";
import { Refusal } from "./wire-error.ts";

/** What a connection carries from one statement to the next, and how to get rid of it. */
export class ConnectionState {
  readonly #database: Database;
  readonly #spec: OpenSpec;
  /** Somebody began a transaction and has not ended it; SQLite may have, after a full disk or an I/O error. */
  #wanted = false;
  #dirty = false;
  #schemaChanged = false;

  constructor(database: Database, spec: OpenSpec) {
    this.#database = database;
    this.#spec = spec;
  }

  /** Refuses what must not run here, before it runs. */
  admit({ manner, writes }: Prepared, session: boolean): void {
    const refusal = session ? manner.refusal : (manner.refusal ?? manner.refusalOutsideSession);
    if (refusal !== undefined) throw new Refusal("refused", refusal);
    // SQLite counts some PRAGMAs as writing that only ask; one that writes fails on a connection for reads all the same.
    if (writes && manner.verb !== "pragma" && this.#spec.role === "reader")
      throw new Refusal("writes", "a connection for reads was given a statement that writes");
    // Without this, statements after an automatic rollback would each commit on their own.
    if (this.#wanted && !this.#database.inTransaction && manner.verb !== "rollback") {
      throw new Refusal("ended", "SQLite has rolled the transaction back by itself, after an error in it");
    }
  }

  /** Notes what a statement has done, also one that failed. */
  ran({ manner }: Prepared): void {
    const { inTransaction } = this.#database;
    if (inTransaction) this.#wanted = true;
    else if (manner.control) this.#wanted = false;
    if (manner.dirties) this.#dirty = true;
    if (manner.changesSchema) this.#schemaChanged = true;
  }

  /** Back to how it was opened. Throws when that fails; the connection is then closed. */
  reset(): void {
    if (this.#database.inTransaction) this.#database.exec("rollback");
    this.#wanted = false;
    if (!this.#dirty) return;
    dropTemporary(this.#database);
    applyPragmas(this.#database, this.#spec);
    this.#database.pragma("defer_foreign_keys = OFF");
    this.#dirty = false;
  }

  /** For the message to the main thread. */
  report(): { inTransaction: boolean; dirty: boolean; schemaChanged: boolean } {
    const schemaChanged = this.#schemaChanged;
    this.#schemaChanged = false;
    const { inTransaction } = this.#database;
    // The transaction around the reads of a list is nobody's.
    return {
      inTransaction: this.#wanted && inTransaction,
      dirty: this.#dirty || (this.#wanted && !inTransaction),
      schemaChanged,
    };
  }
}

function dropTemporary(database: Database): void {
  const left = database
    .prepare("select type, name from sqlite_temp_schema where type in ('trigger', 'view', 'table') order by type desc")
    .raw()
    .all() as [string, string][];
  for (const [type, name] of left) database.exec(`drop ${type} if exists temp."${name.replaceAll('"', '""')}"`);
}
