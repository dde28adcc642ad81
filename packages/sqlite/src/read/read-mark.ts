import type { Database, Statement } from "better-sqlite3";
import { loadDriver } from "../helper/database.js";
import { lookAtSchema } from "../helper/statements.js";

// Taking the mark and giving it back costs as much as one read does without it. So the first reads of a turn do without, and so many may follow.
const READS_BEFORE = 3;
// Then it is given back, for a log is begun anew only while nobody reads an older state of it. Under another program's 20 000 writes a second and reads without
// a pause, the log came to 6 MB with this limit, to 12 with twice as many reads, to 170 without it, and to 4.5 where no mark was taken.
const READS_WITH = 64;
// A turn may be blocked while the mark is held. After longer than this, and after it could not be taken (a lock, no log, no file), none is for so long.
const LONG_HOLD_MS = 1_000;
const REST_MS = 10_000;

interface Connection {
  readonly database: Database;
  readonly begin: Statement;
  readonly look: Statement;
  readonly end: Statement;
}

/**
 * Holds the read lock of this process on the log, for a moment, by a second connection that does nothing else. Each read of its own takes that lock and
 * gives it back, by two system calls, which cost as much as all the rest of a read by key and on some machines twice as much; it needs neither while
 * another connection of the process holds the same one. What a read sees is not touched by it: each is on the newest state, which it finds in shared memory,
 * and where that has changed since the mark was taken, it takes a lock of its own (https://sqlite.org/walformat.html#wal_locks).
 *
 * While the mark is held the log cannot be begun anew, as under any reader. So it is held within one turn of the event loop, and given back now and then.
 */
export class ReadMark {
  readonly #file: string;
  #connection: Connection | undefined;
  #reads = 0;
  #since = 0;
  #held = false;
  #restsUntil = 0;
  #pauses = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Another read is about to begin, in a turn at whose end {@link release} is called. Never throws. */
  beforeRead(): void {
    if (++this.#reads <= READS_BEFORE) return;
    if (!this.#held) this.#take();
    else if (this.#reads > READS_BEFORE + READS_WITH) this.release();
  }

  /** At the end of the turn, and before this thread does what the mark would be in the way of. */
  release(): void {
    this.#reads = 0;
    if (!this.#held) return;
    this.#held = false;
    const now = performance.now();
    if (now - this.#since > LONG_HOLD_MS) this.#restsUntil = now + REST_MS;
    try {
      this.#connection?.end.run();
    } catch {
      this.close();
    }
  }

  /** Gives it back, and takes it no more until what this returns is disposed of. */
  pause(): Disposable {
    this.release();
    this.#pauses++;
    return {
      [Symbol.dispose]: () => {
        this.#pauses--;
      },
    };
  }

  /** Leaves nothing open. The next read that could do with it opens the file anew. */
  close(): void {
    this.#held = false;
    this.#connection?.database.close();
    this.#connection = undefined;
  }

  #take(): void {
    this.#reads = 0;
    if (this.#pauses > 0) return;
    this.#since = performance.now();
    if (this.#since < this.#restsUntil) return;
    try {
      const { begin, look } = (this.#connection ??= this.#open());
      begin.run();
      look.get();
      this.#held = true;
      this.#reads = READS_BEFORE + 1;
    } catch {
      this.close();
      this.#restsUntil = this.#since + REST_MS;
    }
  }

  /** @throws the driver's own error, or that there is no log: a lock on the file itself would keep others from writing */
  #open(): Connection {
    const Driver = loadDriver();
    const database = new Driver(this.#file, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      if (database.pragma("journal_mode", { simple: true }) !== "wal") throw new Error("no log");
      const prepare = (text: string): Statement => database.prepare(text);
      return { database, begin: prepare("begin"), look: lookAtSchema(database), end: prepare("commit") };
    } catch (error) {
      database.close();
      throw error;
    }
  }
}
