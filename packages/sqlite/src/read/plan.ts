import type { Statement } from "better-sqlite3";

/**
 * How a statement is run. `point`: in this thread, its work is bounded by its program. `read`: in a reader. `write`: in the writer.
 * `unknown`: could not be prepared here (too long, or the schema is locked): a reader finds out.
 */
export type PlanKind = "point" | "read" | "write" | "unknown";

// What a statement took weighs less with each run that follows.
const FADE = 0.9;
// One slow run may be the machine's; two within so many are the statement's.
const RUNS_BETWEEN = 1_000;
const QUICK_AGAIN_MS = 0.5;
// Reading the clock twice costs a third of what this package adds to a point read. So of quick runs one is timed after so many, or after as many as should take
// so many ms by the last one that was. One in seven: values that come round in another rhythm are all timed now and then.
const MOST_UNTIMED = 6;
const UNTIMED_MS = 0.5;
const ALWAYS_TIMED = 16;

/** What is known of one statement text. */
export class Plan {
  readonly text: string;
  /** Prepared in this thread. */
  readonly statement: Statement | undefined;
  #kind: PlanKind;
  #slowest = 0;
  #runs = 0;
  #quickRuns = RUNS_BETWEEN;
  /** Runs in this thread until not every one is timed. */
  #strange = ALWAYS_TIMED;
  #untimed = 0;
  #standsFor = 1;

  constructor(text: string, kind: PlanKind, statement?: Statement) {
    this.text = text;
    this.#kind = kind;
    this.statement = statement;
  }

  get kind(): PlanKind {
    return this.#kind;
  }

  /** A reader has found that it writes. */
  writes(): void {
    this.#kind = "write";
  }

  /** A run in a helper has taken so many ms inside SQLite. A point read that was sent there comes back when it is quick again. */
  took(ms: number): void {
    this.#runs++;
    this.#slowest = Math.max(ms, this.#slowest * FADE);
    if (this.statement !== undefined && this.#slowest < QUICK_AGAIN_MS) this.#kind = "point";
  }

  /** Bounded is not quick: a row can hold a megabyte, and a disk can be slow. The second slow run in a short time moves it off this thread. */
  wasSlowHere(ms: number): void {
    const again = this.#quickRuns < RUNS_BETWEEN;
    this.#quickRuns = this.#untimed = 0;
    this.#standsFor = 1;
    this.#strange = ALWAYS_TIMED;
    if (!again) return;
    this.#kind = "read";
    this.took(ms);
  }

  /** A run in this thread took so many ms. */
  wasQuickHere(ms: number): void {
    this.#quickRuns++;
    if (this.#strange > 0) this.#strange--;
    else this.#untimed = ms * MOST_UNTIMED < UNTIMED_MS ? MOST_UNTIMED : Math.floor(UNTIMED_MS / ms);
    this.#standsFor = this.#untimed + 1;
  }

  /** A run in this thread was not timed. */
  wasNotTimed(): void {
    this.#quickRuns++;
    this.#untimed--;
  }

  /** For how many runs the next one in this thread stands; 0 when it need not be timed. The first ones are, and those after a slow one. */
  get standsFor(): number {
    return this.#untimed > 0 ? 0 : this.#standsFor;
  }

  /** About the longest it has taken lately, in ms. Infinity before its first run. */
  get expected(): number {
    return this.#runs === 0 ? Infinity : this.#slowest;
  }

  get unseen(): boolean {
    return this.#runs === 0;
  }
}
