import { statSync, type Stats } from "node:fs";
import { Refusal } from "./wire-error.ts";

/**
 * Sees that a database file was removed or replaced. SQLite does not: it would go on writing into a file that has no name any more,
 * and every commit would be lost. One `stat` for each list of statements, about 2 µs.
 */
export class FileWatch {
  readonly #file: string;
  readonly #opened: Stats | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#opened = statSync(file, { throwIfNoEntry: false });
  }

  /** What is wrong, if something is. */
  look(): Refusal | undefined {
    const now = statSync(this.#file, { throwIfNoEntry: false });
    if (now !== undefined && now.ino === this.#opened?.ino && now.dev === this.#opened.dev) return undefined;
    return new Refusal(
      "gone",
      `the file was ${now === undefined ? "removed" : "replaced by another one"} while it was open`,
    );
  }
}
