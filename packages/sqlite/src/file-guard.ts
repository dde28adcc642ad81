import { type BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { type InThreadReader } from "./read/in-thread.js";

const LOOK_EVERY_MS = 1_000;

export interface GuardActions {
  /** What was prepared is of no use any more. */
  forget(): void;
  /** Every connection is to an old file. */
  evict(): void;
}

/**
 * Notices that the file was removed or replaced (a restored backup, a deleted folder), for the connection of this thread and for idle ones;
 * the helpers look for themselves before each list of statements. While there is no file, nothing is read in this thread.
 */
export class FileGuard {
  readonly #file: string;
  readonly #reader: InThreadReader;
  readonly #actions: GuardActions;
  readonly #timer: NodeJS.Timeout;
  #opened: BigIntStats | undefined;
  #looking = false;
  #closed = false;

  constructor(file: string, reader: InThreadReader, actions: GuardActions) {
    this.#file = file;
    this.#reader = reader;
    this.#actions = actions;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
    void this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closed = true;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const now = await stat(this.#file, { bigint: true }).catch(() => undefined);
    this.#looking = false;
    // Closed meanwhile, with its reader: what is opened now, nobody would close.
    if (this.#closed) return;
    this.#opened ??= now;
    const same = now !== undefined && now.ino === this.#opened?.ino && now.dev === this.#opened.dev;
    if (same && this.#reader.isOpen) return;
    if (!same) this.#lose();
    if (now !== undefined) this.#reopen(now);
  }

  #lose(): void {
    if (!this.#reader.isOpen) return;
    this.#actions.forget();
    this.#reader.close();
    this.#actions.evict();
  }

  #reopen(now: BigIntStats): void {
    try {
      this.#reader.open();
      this.#opened = now;
      this.#actions.forget();
    } catch {
      // Not yet a database, or locked: at the next look.
    }
  }
}
