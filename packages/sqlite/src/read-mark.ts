import type { Database, Statement } from "better-sqlite3";
import { loadDriver } from "./helper/database.js";
import { lookAtSchema } from "./helper/statements.js";

// To take the mark and give it back costs about as much as one read does without it, and to find out where a run of reads ends a tenth of it.
// So the first three tell that there may be a run, the next two that there is one, and from then on so many are spared their lock.
const READS_UNWATCHED = 3;
const READS_BEFORE = 3;
// Then it is given back, for a log is begun anew only while nobody reads an older state of it. Under another program's 20 000 writes a second and reads without
// a pause, the log came to 6 MB with this limit, to 12 with twice as many reads, to 170 without it, and to 4.5 where no mark was taken.
const READS_WITH = 64;
// What follows a run without a pause may block this thread. After the mark was held for longer than this, none is for twice as long: else it would be held nearly always
// where that happens again and again, and the log would grow for ever (to 962 MB in 8 s, where 21 ms of each 21.5 went by with the mark).
const LONG_HOLD_MS = 2;
const RESTS_TIMES = 2;
// After it could not be taken: a lock, no log, no file.
const REST_MS = 10_000;

/** Those of this thread that are held. */
const held = new Set<ReadMark>();
let pauses = 0;
const settled = Promise.resolve();

/** Before this thread does what a mark would be in the way of. */
export function releaseMarks(): void {
  for (const mark of held) mark.release();
}

/** None is held in this thread while `work` is under way: a checkpoint, which has to find nobody reading. Of whatever connector, for the lock is one of the process. */
export async function withoutMarks<T>(work: () => PromiseLike<T>): Promise<T> {
  releaseMarks();
  pauses++;
  try {
    return await work();
  } finally {
    pauses--;
  }
}

type Connection = { readonly database: Database } & Readonly<Record<"begin" | "look" | "end", Statement>>;

/**
 * Holds the read lock of this process on a log, for a moment, by a second connection that does nothing else. Each read of its own takes that lock and
 * gives it back, by two system calls, which cost as much as all the rest of a read by key and on some machines twice as much; it needs neither while
 * another connection of the process holds the same one. What a read sees is not touched by it: each is on the newest state, which it finds in shared memory,
 * and where that has changed since the mark was taken, it takes a lock of its own (https://sqlite.org/walformat.html#wal_locks).
 *
 * While the mark is held the log cannot be begun anew, or not be moved into the file, as under any reader. So it is held only for reads that follow one
 * another without a pause: it is given back when the microtasks have ended, before anything else of the event loop has its turn, and now and then before that.
 */
export class ReadMark {
  readonly #file: string;
  #connection: Connection | undefined;
  #reads = 0;
  /** The end of this run of reads will be noticed. */
  #watches = false;
  #since = 0;
  #held = false;
  #restsUntil = 0;

  // A tick that is asked for by a microtask has its turn when there is no other microtask left.
  readonly #beforeEnd = (): void => process.nextTick(this.#end);
  readonly #end = (): void => {
    this.#watches = false;
    this.release();
  };

  constructor(file: string) {
    this.#file = file;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Another read is about to begin. Never throws. */
  beforeRead(): void {
    if (++this.#reads < READS_BEFORE) return;
    if (this.#held) {
      if (this.#reads > READS_WITH) this.release();
    } else if (this.#watches) this.#take();
    else if (this.#reads > READS_UNWATCHED) this.#watch();
  }

  release(): void {
    this.#reads = 0;
    if (!this.#held) return;
    this.#drop();
    const now = performance.now();
    const heldMs = now - this.#since;
    if (heldMs > LONG_HOLD_MS) this.#restsUntil = now + heldMs * RESTS_TIMES;
    try {
      this.#connection?.end.run();
    } catch {
      this.close();
    }
  }

  /** Leaves nothing open. The next run of reads opens the file anew. */
  close(): void {
    this.#drop();
    this.#restsUntil = 0;
    this.#connection?.database.close();
    this.#connection = undefined;
  }

  #watch(): void {
    this.#reads = 1;
    this.#watches = true;
    void settled.then(this.#beforeEnd);
  }

  #take(): void {
    this.#reads = 0;
    if (pauses > 0) return;
    this.#since = performance.now();
    if (this.#since < this.#restsUntil) return;
    try {
      const { begin, look } = (this.#connection ??= this.#open());
      begin.run();
      look.get();
      this.#held = true;
      held.add(this);
      this.#reads = 1;
    } catch {
      this.close();
      this.#restsUntil = this.#since + REST_MS;
    }
  }

  #drop(): void {
    this.#held = false;
    held.delete(this);
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
