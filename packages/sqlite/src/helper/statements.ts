import type { Database, Statement } from "better-sqlite3";
import { BoundedMap } from "./lru.ts";
import { type Values } from "./protocol.ts";
import { type Manner } from "./rules.ts";

export interface Prepared {
  readonly statement: Statement;
  /** Returns rows. */
  readonly reader: boolean;
  readonly writes: boolean;
  readonly manner: Manner;
}

// A text longer than this is as likely as not made for one use.
const LONGEST_KEPT = 16_384;
// What SQLite answers while it prepares it. A PRAGMA it prepares anew for each run in any case.
const MADE_ANEW = new Set(["pragma", "explain"]);

/** Prepared statements by their text. `prepare` costs as much as a point read. */
export class Statements {
  readonly #database: Database;
  readonly #kept: BoundedMap<Prepared>;
  #lookAtSchema: Statement | undefined;

  constructor(database: Database, limit: number) {
    this.#database = database;
    this.#kept = new BoundedMap(limit);
  }

  /** Prepared before. */
  kept(text: string): Prepared | undefined {
    return this.#kept.get(text);
  }

  prepare(text: string, manner: Manner): Prepared {
    if (manner.fromMemory) this.#look();
    const statement = this.#database.prepare(text);
    const prepared = { statement, reader: statement.reader, writes: !statement.readonly, manner };
    if (text.length <= LONGEST_KEPT && !MADE_ANEW.has(manner.verb)) this.#kept.set(text, prepared);
    return prepared;
  }

  #look(): void {
    this.#lookAtSchema ??= lookAtSchema(this.#database);
    this.#lookAtSchema.get();
  }
}

/** Running it, as running any other, has a connection read a schema anew that somebody else has changed; preparing one does not. */
export function lookAtSchema(database: Database): Statement {
  return database.prepare("select 1 from sqlite_schema limit 1");
}

/** As the driver takes them: a list by position, or one object by name, which may also come as the only item of a list. */
export function bindable(values: Values | undefined): unknown[] {
  if (values === undefined) return [];
  if (!Array.isArray(values)) return [values];
  const only: unknown = values.length === 1 ? values[0] : undefined;
  return typeof only === "object" && only !== null && !ArrayBuffer.isView(only) ? [only] : [values];
}
