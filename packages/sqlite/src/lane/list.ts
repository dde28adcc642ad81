import { PoolError, reasonOf } from "@pool/core";
import { isFatal, sqliteError } from "../errors.js";
import { resultOf, type SqliteHandle, type SqliteResult } from "../handle/handle.js";
import { type Ask } from "../channel/link.js";
import { type Reply } from "../helper/protocol.js";
import { type Job } from "./job.js";
import { type Due, Watch } from "./watch.js";

const watch = new Watch();

/** A list that is still under way after this time is looked at: what has not begun is better off elsewhere. */
export const SLOW_MS = 10;
// How long a thread has to come out of a read that was given up, in ms, until another thread takes its place.
const STOP_GRACE_MS = 80;

export interface ListOptions {
  readonly writes: boolean;
  readonly timeout: number;
  /** It has taken {@link SLOW_MS}. `back` are the jobs that were taken back before they began. */
  onSlow(back: readonly Job[]): void;
}

/** Some jobs sent to one connection in one message, until each has its reply or is known to get none. */
export class List implements Due {
  readonly #handle: SqliteHandle;
  readonly #jobs: readonly Job[];
  readonly #options: ListOptions;
  readonly #done = Promise.withResolvers<undefined>();
  #ids: readonly number[] = [];
  #unanswered: number;
  #sentTo: number;
  #next: () => void = () => {};
  dueAt = Infinity;
  #gaveUp = false;
  #held: (() => void)[] = [];
  readonly #watched = new Map<Job, PromiseWithResolvers<SqliteResult | undefined>>();
  readonly #deliverEarly = (): void => {
    if (this.#unanswered > 0) this.deliver();
  };
  /** The connection is of no use any more. */
  fatal: unknown;
  slow = false;

  constructor(handle: SqliteHandle, jobs: readonly Job[], options: ListOptions) {
    this.#handle = handle;
    this.#jobs = jobs;
    this.#options = options;
    this.#unanswered = jobs.length;
    this.#sentTo = jobs.length;
  }

  /** Of each job what it comes to here, for those who want to know; undefined when it was taken back. Ask before {@link run}. */
  outcomes(): Promise<SqliteResult | undefined>[] {
    return this.#jobs.map((job) => {
      const outcome = Promise.withResolvers<SqliteResult | undefined>();
      this.#watched.set(job, outcome);
      return outcome.promise;
    });
  }

  /** Resolves when the connection is free again, or given up ({@link fatal}). Never rejects. {@link deliver} is the caller's to call then. */
  run(): Promise<unknown> {
    const { control, link } = this.#handle;
    const number = control?.start() ?? 0;
    this.#startClock();
    const stoppable = this.#jobs.length === 1;
    const requests = this.#jobs.map(({ options: { plan, values, batch } }): Ask => {
      if (batch !== undefined) return { op: "batch", ...batch };
      return { op: "run", text: plan.text, values, session: false, stoppable };
    });
    const pending = this.#jobs.map((job) => ({
      settle: (reply: Reply) => this.#answered(job, reply),
      lost: (error: PoolError) => this.#lost(job, error),
    }));
    this.#ids = link.askMany(requests, pending, number);
    for (const job of this.#jobs) job.onAbort((reason) => this.#giveUp(job, reason));
    return this.#done.promise;
  }

  /**
   * Tells the callers. Those of the last message hear when the connection has been given back, so that what they call next finds it free:
   * it would otherwise wake up another thread, again and again.
   */
  deliver(): void {
    const held = this.#held;
    this.#held = [];
    for (const tell of held) tell();
  }

  #answered(job: Job, reply: Reply): void {
    const error = reply.error && sqliteError(this.#handle.link.place, reply.error);
    if (error !== undefined && !this.#gaveUp && isFatal(error)) this.fatal ??= error;
    if (this.#watched.size > 0) this.#tellWatcher(job, reply, error);
    if (this.#held.length === 0) queueMicrotask(this.#deliverEarly);
    this.#held.push(() => job.reply(reply, error));
    this.#count();
  }

  #lost(job: Job, error: PoolError): void {
    this.fatal ??= error;
    this.#watched.get(job)?.reject(error);
    job.fail(this.#options.writes ? outcomeUnknown(error) : error);
    this.#count();
  }

  #tellWatcher(job: Job, reply: Reply, error: PoolError | undefined): void {
    const watched = this.#watched.get(job);
    if (reply.error === undefined) watched?.resolve(resultOf(reply));
    else watched?.reject(error);
  }

  #count(): void {
    if (--this.#unanswered <= 0) this.#end();
  }

  #end(): void {
    watch.delete(this);
    this.#done.resolve(undefined);
  }

  /** Called by the watch: the list takes long, or its time is over, or a thread has not come out of a read that was given up. */
  due(): void {
    this.#next();
  }

  #startClock(): void {
    const { timeout } = this.#options;
    if (this.#handle.control === undefined || timeout <= SLOW_MS) {
      this.#callIn(timeout, () => this.#timedOut());
      return;
    }
    this.#callIn(SLOW_MS, () => {
      this.#callIn(timeout - SLOW_MS, () => this.#timedOut());
      this.#takeBack();
    });
  }

  #callIn(ms: number, next: () => void): void {
    this.dueAt = performance.now() + ms;
    this.#next = next;
    if (ms !== Infinity) watch.add(this);
    else watch.delete(this);
  }

  /** Those that have not begun need not wait for the one that takes long. */
  #takeBack(): void {
    const { control, link } = this.#handle;
    if (control === undefined || this.slow) return;
    this.slow = true;
    const begun = Math.min(Math.max(control.takeBack(), 0), this.#sentTo);
    const back = this.#jobs.slice(begun).filter((job) => !job.settled);
    link.forget(this.#ids.slice(begun));
    for (const job of this.#jobs.slice(begun)) this.#watched.get(job)?.resolve(undefined);
    this.#unanswered -= this.#sentTo - begun;
    this.#sentTo = begun;
    if (this.#unanswered <= 0) this.#end();
    this.#options.onSlow(back);
  }

  #timedOut(): void {
    const { timeout, writes } = this.#options;
    const { place } = this.#handle.link;
    if (this.#handle.control !== undefined && !this.slow) this.#takeBack();
    const job = this.#jobs.slice(0, this.#sentTo).find(({ settled }) => !settled);
    if (job === undefined) return;
    const message = `sqlite ${JSON.stringify(place.name)}: no result within ${timeout} ms of a statement${writes ? ", which may have taken effect" : ""}`;
    const details = { file: place.file, timeoutMs: timeout, ...(writes && { outcome: "unknown" }) };
    this.#giveUp(job, new PoolError("QUERY_TIMEOUT", message, { details }));
  }

  /** Its caller waits no longer. The connection is made free for the next one: the statement stopped, or its process killed. */
  #giveUp(job: Job, reason: unknown): void {
    if (job.settled) return;
    const id = this.#ids[this.#jobs.indexOf(job)];
    if (id === undefined) return;
    this.#gaveUp = true;
    this.#watched.get(job)?.reject(reason);
    job.fail(reason);
    this.#handle.cancel(id, this.#done.promise);
    if (this.#handle.link.canKill) return;
    this.#callIn(STOP_GRACE_MS, () => {
      this.fatal ??= reason;
      this.#end();
    });
  }
}

function outcomeUnknown(error: PoolError): PoolError {
  const message = `a write was under way when its connection was lost (${reasonOf(error)}): it may have taken effect or not`;
  return new PoolError("OUTCOME_UNKNOWN", message, { cause: error, details: error.details });
}
