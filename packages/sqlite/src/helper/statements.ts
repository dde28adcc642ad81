import type { Database, Statement } from "better-sqlite3";
import { BoundedMap } from "./lru.ts";
import { type Values } from "./protocol.ts";
import { mannerOf, type Manner } from "./rules.ts";

export interface Prepared {
  readonly statement: Statement;
  /** Returns rows. */
  readonly reader: boolean;
  readonly writes: boolean;
  readonly manner: Manner;
}

// A text longer than this is as likely as not made for one use.
const LONGEST_KEPT = 16_384;

/** Prepared statements by their text. `prepare` costs as much as a point read. */
export class Statements {
  readonly #database: Database;
  readonly #kept: BoundedMap<Prepared>;

  constructor(database: Database, limit: number) {
    this.#database = database;
    this.#kept = new BoundedMap(limit);
  }

  prepare(text: string): Prepared {
    const kept = this.#kept.get(text);
    // A statement that is being iterated over cannot be run a second time.
    if (kept !== undefined && !kept.statement.busy) return kept;
    const statement = this.#database.prepare(text);
    const manner = mannerOf(text);
    const prepared = { statement, reader: statement.reader, writes: !statement.readonly, manner };
    if (text.length <= LONGEST_KEPT) this.#kept.set(text, prepared);
    return prepared;
  }

  forget(): void {
    this.#kept.clear();
  }
}

/** As the driver takes them: a list by position, or one object by name, which may also come as the only item of a list. */
export function bindable(values: Values | undefined): unknown[] {
  if (values === undefined) return [];
  if (!Array.isArray(values)) return [values];
  const only: unknown = values.length === 1 ? values[0] : undefined;
  return typeof only === "object" && only !== null && !ArrayBuffer.isView(only) ? [only] : [values];
}
