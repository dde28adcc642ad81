import type { StatementRow } from "./statement-row.js";

/** The part of `libpg-query` that is used. */
interface PgQuery {
  fingerprint(query: string): Promise<string>;
}

const FINGERPRINT = /^[0-9a-f]{16}$/;
const LONGEST = 16 * 1024;
const MOST_WAITING = 100;
const PER_TICK = 10;

/**
 * PostgreSQL's own fingerprints, which its other tools know statements by, where `libpg-query` is installed. One takes 0.3 ms, so only slow statements
 * get one, once each and a few a second.
 */
export class PgFingerprints {
  readonly #load: () => Promise<PgQuery>;
  #library: Promise<PgQuery> | undefined;
  #absent = false;
  #seen = new WeakSet<StatementRow>();
  #queue: { readonly row: StatementRow; readonly statement: string }[] = [];
  #busy = false;

  constructor(load: () => Promise<PgQuery> = loadLibrary) {
    this.#load = load;
  }

  /** Has one made for this row by and by, unless that was tried before. */
  want(row: StatementRow, statement: string): void {
    if (this.#absent || statement.length > LONGEST || this.#queue.length >= MOST_WAITING || this.#seen.has(row)) return;
    this.#seen.add(row);
    this.#queue.push({ row, statement });
  }

  /** A second is over: some of those that wait are made. Never rejects. */
  async turn(): Promise<void> {
    if (this.#busy || this.#queue.length === 0) return;
    this.#busy = true;
    try {
      const library = await (this.#library ??= this.#load());
      for (const { row, statement } of this.#queue.splice(0, PER_TICK)) await this.#make(library, row, statement);
    } catch {
      // Not installed, or broken.
      this.#absent = true;
      this.#queue = [];
    } finally {
      this.#busy = false;
    }
  }

  async #make(library: PgQuery, row: StatementRow, statement: string): Promise<void> {
    try {
      const fingerprint = await library.fingerprint(statement);
      // Of what it cannot parse it returns the complaint, which quotes the statement.
      if (FINGERPRINT.test(fingerprint)) row.pgFingerprint = fingerprint;
    } catch (error) {
      // After a trap its memory cannot be trusted. Anything else says that this is no statement of PostgreSQL's.
      if (error instanceof RangeError || (error as Error).name === "RuntimeError") throw error;
    }
  }
}

/** Bundlers know it for optional by the `catch`. */
function loadLibrary(): Promise<PgQuery> {
  return import("libpg-query").catch((error: unknown) => Promise.reject(error as Error));
}
