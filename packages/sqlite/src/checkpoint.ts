import { realpath, stat } from "node:fs/promises";
import { type SqlitePools } from "./client.js";
import { isReadFor, whileNobodyReads } from "./reader-pause.js";

// Goal: at most 8 MB two seconds after a long reader has ended, with a limit of 4 MB and time for a try that comes too early.
const LOOK_EVERY_MS = 400;
const PATIENCE_MS = 1_000;
// So many times its limit the log may be long before new reads wait for it to be cut off: for at most so many ms, and longer the longer it is.
const PAUSE_ABOVE = 4;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
// After a pause that did not help, none for so long; twice as long after the next.
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;

export interface CheckpointOptions {
  readonly file: string;
  readonly pools: SqlitePools;
  /** In bytes. Infinity where nothing may be written. */
  readonly limit: number;
}

/**
 * Keeps the log bounded. SQLite moves the log's pages into the database by itself, but begins it anew only at the next write after the
 * last reader of an old state has gone, and a log that has once grown keeps its size. This one looks after writes, and once at the beginning
 * (a killed program may have left a long one). It goes on looking while the log is too long, so that it is cut off soon after a long reader
 * has ended also when nobody writes any more. Where short reads overlap, somebody always needs it: much too long, it is cut off in a pause.
 */
export class Checkpointer {
  readonly #options: CheckpointOptions;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #mayPauseAt = 0;
  #rest = 0;

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
    const { limit } = this.#options;
    const size = await this.size();
    const again = size > limit && !(await this.#cutOff(size / (limit * PAUSE_ABOVE)));
    this.#timer = undefined;
    if (again) this.arm();
  }

  /** False when a reader still needs the log, or the writer is lent for long: later, then. */
  async #cutOff(excess: number): Promise<boolean> {
    if (this.#closed) return true;
    try {
      using lease = await this.#options.pools.writer.acquire({ timeout: PATIENCE_MS, label: "checkpoint" });
      const checkpoint = async (): Promise<boolean> => !(await lease.resource.checkpoint()).busy;
      return (await checkpoint()) || (excess > 1 && (await this.#inPause(excess, checkpoint)));
    } catch {
      // A writer in trouble is its callers' affair; the log waits.
      return false;
    }
  }

  async #inPause(excess: number, checkpoint: () => Promise<boolean>): Promise<boolean> {
    const { pools } = this.#options;
    const patience = Math.round(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * excess));
    if (performance.now() < this.#mayPauseAt || isReadFor(pools, patience)) return false;
    const done = await whileNobodyReads(pools, patience, checkpoint);
    this.#rest = done ? 0 : Math.min(LONGEST_REST_MS, Math.max(FIRST_REST_MS, this.#rest * 2));
    this.#mayPauseAt = performance.now() + this.#rest;
    return done;
  }
}
