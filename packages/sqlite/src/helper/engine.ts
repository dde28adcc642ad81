import type { Database } from "better-sqlite3";
import { backUp } from "./backup.ts";
import { type Control } from "./control.ts";
import { openDatabase } from "./database.ts";
import { Executor } from "./executor.ts";
import { FileWatch } from "./file-watch.ts";
import { LockWait } from "./lock-wait.ts";
import { Outbox, type Send } from "./outbox.ts";
import { type Done, type OpenSpec, type Request } from "./protocol.ts";
import { replyOf } from "./reply-of.ts";
import { isLocked, Refusal, toWire } from "./wire-error.ts";

interface Waiting {
  readonly request: Request;
  readonly arrivedAt: number;
  readonly list: number;
}

// A transaction around fewer reads costs more than it saves.
const FEWEST_SHARED = 3;

/**
 * Runs statements on one connection, one after the other, inside a helper.
 *
 * A lock that somebody else holds is waited for here and not in SQLite: its own wait would block the thread, which could then not
 * hear that the wait was given up. The time counts from a request's arrival, so that those behind the first one do not each wait anew.
 */
export class Engine {
  readonly #send: Send;
  readonly #control: Control | undefined;
  readonly #database: Database;
  readonly #executor: Executor;
  readonly #watch: FileWatch;
  readonly #outbox: Outbox;
  readonly #lock: LockWait;
  #queue: Waiting[] = [];
  #next = 0;
  #busy = false;
  /** The time since which nothing was done but what is under way. */
  #now = 0;
  #cancelled = new Set<number>();

  constructor(spec: OpenSpec, send: Send, control?: Control) {
    this.#send = send;
    this.#control = control;
    const { database, journalMode } = openDatabase(spec);
    this.#database = database;
    this.#executor = new Executor(database, spec, control && ((id) => control.stops(id)));
    this.#watch = new FileWatch(spec.file, control !== undefined);
    this.#outbox = new Outbox(this.#executor.state, send);
    this.#lock = new LockWait(spec.busyTimeout, () => this.#pump());
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
    this.#lock.hurry();
  }

  close(): void {
    this.#database.close();
  }

  #pump(): void {
    this.#busy = false;
    const gone = this.#watch.look(performance.now());
    this.#now = performance.now();
    this.#outbox.begin(this.#now);
    if (this.#queue.length - this.#next >= FEWEST_SHARED) this.#executor.beginShared();
    const isDone = this.#runAll(gone);
    this.#executor.endShared();
    if (!isDone) return;
    this.#queue = [];
    this.#next = 0;
    this.#outbox.flush(this.#now);
  }

  /** False when it goes on later. */
  #runAll(gone: Refusal | undefined): boolean {
    while (this.#next < this.#queue.length) {
      const waiting = this.#queue[this.#next];
      if (waiting === undefined) break;
      if (this.#mayBegin(waiting)) {
        if (!this.#attempt(waiting, gone)) return false;
        this.#lock.over();
        if (this.#outbox.flushWhenDue(this.#now)) this.#now = performance.now();
      }
      this.#next++;
    }
    return true;
  }

  /** False when it goes on later: it waits for a lock, or takes several turns. */
  #attempt({ request, arrivedAt }: Waiting, gone: Refusal | undefined): boolean {
    const startedAt = this.#now;
    try {
      if (this.#cancelled.delete(request.id)) throw new Refusal("cancelled", "cancelled before it began");
      if (gone !== undefined) throw gone;
      if (request.op === "backup") return this.#later(request.id, backUp(this.#database, request, this.#send));
      if (request.op === "close") throw new Refusal("ended", "a helper closes in between, not in a list");
      const done = this.#executor.execute(request);
      this.#now = performance.now();
      done.ms = this.#now - startedAt;
      this.#outbox.push(done);
    } catch (error) {
      this.#now = performance.now();
      if (isLocked(error) && request.op !== "checkpoint" && this.#waitForLock(arrivedAt)) return false;
      const failure = toWire(this.#lock.failure(error, arrivedAt));
      this.#outbox.push({ id: request.id, error: failure, ms: this.#now - startedAt });
    }
    return true;
  }

  #later(id: number, work: Promise<Omit<Done, "id" | "ms">>): false {
    this.#busy = true;
    void replyOf(id, work).then((reply) => {
      this.#outbox.push(reply);
      this.#next++;
      this.#pump();
    });
    return false;
  }

  #waitForLock(arrivedAt: number): boolean {
    const left = this.#lock.left(arrivedAt);
    if (left <= 0) return false;
    this.#busy = true;
    this.#outbox.flush(this.#now);
    this.#lock.pause(left);
    return true;
  }

  /** False for what was taken back. What waits for a lock has begun. */
  #mayBegin({ list }: Waiting): boolean {
    return list === 0 || this.#lock.begun || this.#control === undefined || this.#control.begin(list);
  }
}
