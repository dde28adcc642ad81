import { type BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { PoolError } from "@pool/core";
import { type Place } from "./errors.js";
import { type InThreadReader } from "./read/in-thread.js";

const LOOK_EVERY_MS = 1_000;

export interface GuardActions {
  /** What was prepared is of no use any more. */
  forget(): void;
  /** Every connection is to an old file. */
  evict(): void;
  gone(error: PoolError): void;
  /** There is a file again, and it can be read. */
  back(): void;
}

/**
 * Notices that the file was removed or replaced (a restored backup, a deleted folder), for the connection of this thread and for idle ones;
 * the helpers look for themselves before each list of statements. While there is no file, nothing is read in this thread.
 */
export class FileGuard {
  readonly #place: Place;
  readonly #reader: InThreadReader;
  readonly #actions: GuardActions;
  readonly #timer: NodeJS.Timeout;
  #opened: BigIntStats | undefined;
  #looking = false;
  #closed = false;

  constructor(place: Place, reader: InThreadReader, actions: GuardActions) {
    this.#place = place;
    this.#reader = reader;
    this.#actions = actions;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    this.look();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closed = true;
  }

  /** Now, and not only when it is time to. */
  look(): void {
    if (!this.#looking && !this.#closed) void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const now = await stat(this.#place.file, { bigint: true }).catch(() => undefined);
    this.#looking = false;
    // Closed meanwhile, with its reader: what is opened now, nobody would close.
    if (this.#closed) return;
    this.#opened ??= now;
    const same = now !== undefined && now.ino === this.#opened?.ino && now.dev === this.#opened.dev;
    if (same && this.#reader.isOpen) return;
    if (!same) this.#lose(now === undefined ? "removed" : "replaced by another one");
    if (now !== undefined) this.#reopen(now);
  }

  #lose(how: string): void {
    if (!this.#reader.isOpen) return;
    this.#actions.forget();
    this.#reader.close();
    this.#actions.evict();
    const { name, file } = this.#place;
    const message = `sqlite ${JSON.stringify(name)}: ${file}: the file was ${how} while it was open`;
    this.#actions.gone(new PoolError("FILE_GONE", message, { details: { file } }));
  }

  #reopen(now: BigIntStats): void {
    try {
      this.#reader.open();
      this.#opened = now;
      this.#actions.forget();
      this.#actions.back();
    } catch {
      // Not yet a database, or locked: at the next look.
    }
  }
}
