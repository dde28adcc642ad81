import { PoolError, reasonOf } from "@pool/core";
import { isFatal } from "../errors.js";
import { type SqliteHandle } from "../handle/handle.js";
import { type Ask } from "../channel/link.js";
import { type Reply } from "../helper/protocol.js";
import { type Job } from "./job.js";

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
export class List {
  readonly #handle: SqliteHandle;
  readonly #jobs: readonly Job[];
  readonly #options: ListOptions;
  readonly #done = Promise.withResolvers<undefined>();
  #ids: readonly number[] = [];
  #unanswered: number;
  #sentTo: number;
  #timer: NodeJS.Timeout | undefined;
  #gaveUp = false;
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

  /** Resolves when the connection is free again, or given up ({@link fatal}). Never rejects. */
  run(): Promise<unknown> {
    const { control, link } = this.#handle;
    const number = control?.start() ?? 0;
    this.#wait();
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

  #answered(job: Job, reply: Reply): void {
    job.reply(this.#handle.link.place, reply);
    if (reply.error !== undefined && !this.#gaveUp) this.#noteFatal(job, reply);
    this.#count();
  }

  #lost(job: Job, error: PoolError): void {
    this.fatal ??= error;
    job.fail(this.#options.writes ? outcomeUnknown(error) : error);
    this.#count();
  }

  #noteFatal(job: Job, reply: Reply): void {
    job.done.catch((error: unknown) => {
      if (isFatal(error)) this.fatal ??= error;
    });
    if (reply.error?.kind === "gone") this.fatal ??= new PoolError("FILE_GONE", reply.error.message);
  }

  #count(): void {
    if (--this.#unanswered <= 0) this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#done.resolve(undefined);
  }

  #wait(): void {
    const { timeout } = this.#options;
    if (this.#handle.control === undefined) this.#onTime(timeout, () => this.#timedOut());
    else {
      this.#onTime(Math.min(SLOW_MS, timeout), () => {
        if (timeout <= SLOW_MS) return this.#timedOut();
        this.#onTime(timeout - SLOW_MS, () => this.#timedOut());
        this.#takeBack();
      });
    }
  }

  #onTime(ms: number, due: () => void): void {
    clearTimeout(this.#timer);
    if (ms !== Infinity) this.#timer = setTimeout(due, Math.min(ms, 2 ** 31 - 1));
  }

  /** Those that have not begun need not wait for the one that takes long. */
  #takeBack(): void {
    const { control, link } = this.#handle;
    if (control === undefined || this.slow) return;
    this.slow = true;
    const begun = Math.min(Math.max(control.takeBack(), 0), this.#sentTo);
    const back = this.#jobs.slice(begun).filter((job) => !job.settled);
    link.forget(this.#ids.slice(begun));
    this.#unanswered -= this.#sentTo - begun;
    this.#sentTo = begun;
    this.#options.onSlow(back);
    if (this.#unanswered <= 0) this.#end();
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
    job.fail(reason);
    this.#handle.cancel(id, this.#done.promise);
    if (this.#handle.link.canKill) return;
    this.#onTime(STOP_GRACE_MS, () => {
      this.fatal ??= reason;
      this.#end();
    });
  }
}

function outcomeUnknown(error: PoolError): PoolError {
  const message = `a write was under way when its connection was lost (${reasonOf(error)}): it may have taken effect or not`;
  return new PoolError("OUTCOME_UNKNOWN", message, { cause: error, details: error.details });
}
