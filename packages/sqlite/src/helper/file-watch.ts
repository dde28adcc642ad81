import { statSync, type Stats } from "node:fs";
import { Refusal } from "./wire-error.ts";

const LOOK_EVERY_MS = 5;

/**
 * Sees that a database file was removed or replaced. SQLite does not: it would go on writing into a file that has no name any more,
 * and every commit would be lost. One `stat` costs a tenth of a read's way to a thread and back.
 */
export class FileWatch {
  readonly #file: string;
  readonly #opened: Stats | undefined;
  readonly #freshFor: number;
  #lookedAt = 0;

  /** In a thread, which only reads, one look does for a while. Before a write there is always one. */
  constructor(file: string, inThread: boolean) {
    this.#file = file;
    this.#freshFor = inThread ? LOOK_EVERY_MS : 0;
    this.#opened = statSync(file, { throwIfNoEntry: false });
  }

  /** What is wrong at this time, if something is. */
  look(at: number): Refusal | undefined {
    if (at - this.#lookedAt < this.#freshFor) return undefined;
    const now = statSync(this.#file, { throwIfNoEntry: false });
    if (now !== undefined && now.ino === this.#opened?.ino && now.dev === this.#opened.dev) {
      this.#lookedAt = at;
      return undefined;
    }
    return new Refusal(
      "gone",
      `the file was ${now === undefined ? "removed" : "replaced by another one"} while it was open`,
    );
  }
}
