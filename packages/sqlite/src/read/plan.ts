import { type Statement } from "better-sqlite3";

/**
 * How a statement is run. `point`: in this thread, its work is bounded by its program. `read`: in a reader. `write`: in the writer.
 * `unknown`: could not be prepared here (too long, or the schema is locked): a reader finds out.
 */
export type PlanKind = "point" | "read" | "write" | "unknown";

// What a statement took weighs less with each run that follows.
const FADE = 0.9;

/** What is known of one statement text. */
export class Plan {
  readonly text: string;
  kind: PlanKind;
  /** Prepared in this thread. */
  readonly statement: Statement | undefined;
  #slowest = 0;
  #runs = 0;

  constructor(text: string, kind: PlanKind, statement?: Statement) {
    this.text = text;
    this.kind = kind;
    this.statement = statement;
  }

  /** A run has taken so many ms inside SQLite. */
  took(ms: number): void {
    this.#runs++;
    this.#slowest = Math.max(ms, this.#slowest * FADE);
  }

  /** About the longest it has taken lately, in ms. Infinity before its first run. */
  get expected(): number {
    return this.#runs === 0 ? Infinity : this.#slowest;
  }

  get unseen(): boolean {
    return this.#runs === 0;
  }
}
