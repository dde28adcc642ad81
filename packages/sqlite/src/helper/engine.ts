import { type Database } from "better-sqlite3";
import { backUp } from "./backup.ts";
import { openDatabase } from "./database.ts";
import { Executor } from "./executor.ts";
import { FileWatch } from "./file-watch.ts";
import { type Done, type FromHelper, type OpenSpec, type Reply, type Request } from "./protocol.ts";
import { isLocked, Refusal, toWire } from "./wire-error.ts";

type Send = (message: FromHelper) => void;
/** Shared with the main thread where there is shared memory: may this statement begin, and shall it stop? */
export interface Control {
  begin(list: number): boolean;
  stops(id: number): boolean;
}

interface Waiting {
  readonly request: Request;
  readonly arrivedAt: number;
  readonly list: number;
}

// Replies go out in one message, but none of them waits longer than this for those behind it.
const REPLY_WITHIN_MS = 1;
// How long to wait before asking for a lock again; the last one for all further times.
const LOCK_PAUSES_MS = [0.5, 1, 2, 3, 5, 5, 8, 10];

/**
 * Runs statements on one connection, one after the other, inside a helper.
 *
 * A lock that somebody else holds is waited for here and not in SQLite: its own wait would block the thread, which could then not
 * hear that the wait was given up. The time counts from a request's arrival, so that those behind the first one do not each wait anew.
 */
export class Engine {
  readonly #spec: OpenSpec;
  readonly #send: Send;
  readonly #control: Control | undefined;
  readonly #database: Database;
  readonly #executor: Executor;
  readonly #watch: FileWatch;
  #queue: Waiting[] = [];
  #next = 0;
  #busy = false;
  #pauses = 0;
  #retry: NodeJS.Timeout | undefined;
  #replies: Reply[] = [];
  #lastSent = 0;
  #cancelled = new Set<number>();

  constructor(spec: OpenSpec, send: Send, control?: Control) {
    this.#spec = spec;
    this.#send = send;
    this.#control = control;
    const { database, journalMode } = openDatabase(spec);
    this.#database = database;
    this.#executor = new Executor(database, spec, control && ((id) => control.stops(id)));
    this.#watch = new FileWatch(spec.file);
    const sqliteVersion = String(database.prepare("select sqlite_version()").pluck().get());
    send({ type: "ready", journalMode, sqliteVersion });
  }

  /** For a lock, or for work that takes several turns. */
  get waits(): boolean {
    return this.#busy;
  }

  receive(requests: readonly Request[], list: number): void {
    const arrivedAt = performance.now();
    for (const request of requests) this.#queue.push({ request, arrivedAt, list });
    if (!this.#busy) this.#pump();
  }

  cancel(id: number): void {
    if (!this.#queue.some((waiting, at) => at >= this.#next && waiting.request.id === id)) return;
    this.#cancelled.add(id);
    if (this.#retry !== undefined) this.#wakeUp();
  }

  close(): void {
    this.#database.close();
  }

  #pump(): void {
    this.#busy = false;
    this.#lastSent = performance.now();
    const gone = this.#watch.look();
    while (this.#next < this.#queue.length) {
      const waiting = this.#queue[this.#next];
      if (waiting === undefined) break;
      if (!this.#mayBegin(waiting)) {
        this.#next++;
        continue;
      }
      const settled = this.#attempt(waiting, gone);
      if (!settled) return;
      this.#next++;
      this.#pauses = 0;
      if (performance.now() - this.#lastSent > REPLY_WITHIN_MS) this.#flush();
    }
    this.#queue = [];
    this.#next = 0;
    this.#flush();
  }

  /** False when it goes on later: it waits for a lock, or takes several turns. */
  #attempt({ request, arrivedAt }: Waiting, gone: Refusal | undefined): boolean {
    const startedAt = performance.now();
    try {
      if (this.#cancelled.delete(request.id)) throw new Refusal("cancelled", "cancelled before it began");
      if (gone !== undefined) throw gone;
      if (request.op === "backup") return this.#later(request.id, backUp(this.#database, request, this.#send));
      if (request.op === "close") throw new Refusal("ended", "a helper closes in between, not in a list");
      const done = this.#executor.execute(request);
      this.#replies.push({ id: request.id, ...done, ms: performance.now() - startedAt });
    } catch (error) {
      if (isLocked(error) && request.op !== "checkpoint" && this.#waitForLock(arrivedAt)) return false;
      this.#replies.push({
        id: request.id,
        error: toWire(this.#explained(error, arrivedAt)),
        ms: performance.now() - startedAt,
      });
    }
    return true;
  }

  #later(id: number, work: Promise<Omit<Done, "id" | "ms">>): false {
    this.#busy = true;
    const startedAt = performance.now();
    const settle = (reply: Reply): void => {
      this.#replies.push(reply);
      this.#next++;
      this.#pump();
    };
    work.then(
      (done) => settle({ id, ...done, ms: performance.now() - startedAt }),
      (error: unknown) => settle({ id, error: toWire(error), ms: performance.now() - startedAt }),
    );
    return false;
  }

  #waitForLock(arrivedAt: number): boolean {
    const left = this.#spec.busyTimeout - (performance.now() - arrivedAt);
    if (left <= 0) return false;
    const pause = LOCK_PAUSES_MS[Math.min(this.#pauses, LOCK_PAUSES_MS.length - 1)] ?? 1;
    this.#pauses++;
    this.#busy = true;
    this.#flush();
    this.#retry = setTimeout(() => this.#wakeUp(), Math.min(pause, left));
    return true;
  }

  #wakeUp(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#pump();
  }

  #explained(error: unknown, arrivedAt: number): unknown {
    if (!isLocked(error)) return error;
    const waitedMs = Math.round(performance.now() - arrivedAt);
    return new Refusal("lock", error instanceof Error ? error.message : "locked", { waitedMs, code: "SQLITE_BUSY" });
  }

  /** False for what was taken back. What waits for a lock has begun. */
  #mayBegin({ list }: Waiting): boolean {
    return list === 0 || this.#pauses > 0 || this.#control === undefined || this.#control.begin(list);
  }

  #flush(): void {
    this.#lastSent = performance.now();
    if (this.#replies.length === 0) return;
    const replies = this.#replies;
    this.#replies = [];
    this.#send({ type: "replies", replies, ...this.#executor.state.report() });
  }
}
