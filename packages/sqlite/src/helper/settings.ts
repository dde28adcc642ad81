import type { Database } from "better-sqlite3";
import { type OpenSpec } from "./protocol.ts";
import { SESSION_PRAGMAS } from "./rules.ts";

// SQLite tells of all others what they are.
const WRITE_ONLY = "case_sensitive_like";

/** What a connection has for each PRAGMA that a session may change. To be made before one does. */
export class Settings {
  readonly #database: Database;
  readonly #values: readonly (readonly [name: string, value: string])[];

  constructor(database: Database, { pragmas }: OpenSpec) {
    this.#database = database;
    const asOpened = pragmas.find(([name]) => name === WRITE_ONLY)?.[1] ?? 0;
    this.#values = Array.from(SESSION_PRAGMAS, (name) => {
      const value = name === WRITE_ONLY ? asOpened : database.pragma(name, { simple: true });
      return [name, String(value)] as const;
    });
  }

  restore(): void {
    for (const [name, value] of this.#values) this.#database.pragma(`${name} = ${value}`);
  }
}
