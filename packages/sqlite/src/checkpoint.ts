import { realpath, stat } from "node:fs/promises";
import { type Pool } from "@pool/core";
import { type SqliteHandle } from "./handle/handle.js";

// Goal: at most 8 MB two seconds after a long reader has ended, with a limit of 4 MB and time for a try that comes too early.
const LOOK_EVERY_MS = 400;
const PATIENCE_MS = 1_000;

export interface CheckpointOptions {
  readonly file: string;
  readonly writer: Pool<SqliteHandle>;
  /** In bytes. Infinity where nothing may be written. */
  readonly limit: number;
}

/**
 * Keeps the log bounded. SQLite moves the log's pages into the database by itself, but begins it anew only at the next write after the
 * last reader of an old state has gone, and a log that has once grown keeps its size. This one looks after writes, and once at the beginning
 * (a killed program may have left a long one). It goes on looking while the log is too long, so that it is cut off soon after a long reader
 * has ended also when nobody writes any more.
 */
export class Checkpointer {
  readonly #options: CheckpointOptions;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.arm();
  }

  /** Something may have been written. */
  arm(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Size of the log in bytes; 0 when there is none. SQLite puts it beside the file that a link names, which may be another one by now. */
  async size(): Promise<number> {
    try {
      return (await stat(`${await realpath(this.#options.file)}-wal`)).size;
    } catch {
      return 0;
    }
  }

  async #look(): Promise<void> {
    const again = (await this.size()) > this.#options.limit && !(await this.#cutOff());
    this.#timer = undefined;
    if (again) this.arm();
  }

  /** False when a reader still needs the log, or the writer is lent for long: later, then. */
  async #cutOff(): Promise<boolean> {
    if (this.#closed) return true;
    try {
      using lease = await this.#options.writer.acquire({ timeout: PATIENCE_MS, label: "checkpoint" });
      const { busy } = await lease.resource.checkpoint();
      return !busy;
    } catch {
      // A writer in trouble is its callers' affair; the log waits.
      return false;
    }
  }
}
