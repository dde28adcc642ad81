import { type PoolError } from "@pool/core";
import { type ListOwner } from "../channel/sent-list.js";
import { isFatal, sqliteError } from "../errors.js";
import { type SqliteHandle, type SqliteResult } from "../handle/handle.js";
import { type Reply } from "../helper/protocol.js";
import { Answers } from "./answers.js";
import { Clock } from "./clock.js";
import { type Job } from "./job.js";
import { type ListOptions, SLOW_MS } from "./list-options.js";
import { Outcomes } from "./outcomes.js";
import { outcomeUnknown, timedOut } from "./unfinished.js";

// How long a thread has to come out of a read that was given up, in ms, until another thread takes its place.
const STOP_GRACE_MS = 80;

/** Some jobs sent to one connection in one message, until each has its reply or is known to get none. */
export class List implements ListOwner {
  readonly #handle: SqliteHandle;
  readonly #jobs: readonly Job[];
  readonly #options: ListOptions;
  readonly #clock = new Clock();
  readonly #done = Promise.withResolvers<undefined>();
  #firstId = 0;
  #unanswered: number;
  #sentTo: number;
  #gaveUp = false;
  #outcomes: Outcomes | undefined;
  readonly answers: Answers;
  /** The connection is of no use any more. */
  fatal: unknown;
  slow = false;

  constructor(handle: SqliteHandle, jobs: readonly Job[], options: ListOptions) {
    this.#handle = handle;
    this.#jobs = jobs;
    this.#options = options;
    this.#unanswered = jobs.length;
    this.#sentTo = jobs.length;
    this.answers = new Answers(jobs);
  }

  /** Of each job what it comes to here, for those who want to know; undefined when it was taken back. Ask before {@link run}. */
  outcomes(): Promise<SqliteResult | undefined>[] {
    this.#outcomes = new Outcomes(this.#jobs);
    return this.#outcomes.promises;
  }

  /** Resolves when the connection is free again, or given up ({@link fatal}). Never rejects. To deliver its {@link answers} is up to the caller then. */
  run(): Promise<unknown> {
    const { control, link } = this.#handle;
    const number = control?.start() ?? 0;
    this.#startClock();
    // What could share a list is known to be quick; reading rows one by one costs as much as all the rest of such a read.
    const asks = this.#jobs.map((job) => job.ask(this.#jobs.length === 1 && job.alone));
    try {
      this.#firstId = link.askMany(this, asks, number);
    } catch (error) {
      this.#failUnanswered(error, error);
    }
    for (const job of this.#jobs) job.onAbort((reason) => this.#giveUp(job, reason));
    return this.#done.promise;
  }

  /** Called by the link. */
  answered(at: number, reply: Reply): void {
    const job = this.#jobs[at];
    if (job === undefined) return;
    const error = reply.error && sqliteError(this.#handle.link.place, reply.error);
    if (!this.#gaveUp && isFatal(error)) this.fatal ??= error;
    this.#outcomes?.answered(job, reply, error);
    this.answers.add(at, reply, error);
    this.#unanswered--;
  }

  /** Called by the link. Those of the last message are told by who takes the connection back: what they call next finds it free. */
  heard(): void {
    if (this.#unanswered <= 0) this.#end();
    else this.answers.deliver();
  }

  /** Called by the link. */
  lost(error: PoolError): void {
    this.fatal ??= error;
    this.#failUnanswered(error, this.#options.writes ? outcomeUnknown(error) : error);
  }

  /** `error` is what it comes to on this connection, `told` what their callers get. */
  #failUnanswered(error: unknown, told: unknown): void {
    for (let at = 0; at < this.#sentTo; at++) {
      const job = this.#jobs[at];
      if (job === undefined || this.answers.has(at)) continue;
      this.#outcomes?.failed(job, error);
      job.fail(told);
    }
    this.#unanswered = 0;
    this.#end();
  }

  #startClock(): void {
    const { timeout } = this.#options;
    const isPatient = this.#handle.control === undefined || timeout <= SLOW_MS;
    if (isPatient) return this.#clock.callIn(timeout, () => this.#timedOut());
    this.#clock.callIn(SLOW_MS, () => {
      this.#clock.callIn(timeout - SLOW_MS, () => this.#timedOut());
      this.#takeBack();
    });
  }

  /** Those that have not begun need not wait for the one that takes long. */
  #takeBack(): void {
    const { control, link } = this.#handle;
    if (control === undefined || this.slow) return;
    this.slow = true;
    const begun = Math.min(Math.max(control.takeBack(), 0), this.#sentTo);
    const back = this.#jobs.slice(begun).filter((job) => !job.settled);
    link.forgetFrom(this.#firstId + begun);
    for (const job of this.#jobs.slice(begun)) this.#outcomes?.takenBack(job);
    this.#unanswered -= this.#sentTo - begun;
    this.#sentTo = begun;
    if (this.#unanswered <= 0) this.#end();
    this.#options.onSlow(back);
  }

  #timedOut(): void {
    const { timeout, writes } = this.#options;
    this.#takeBack();
    const job = this.#jobs.find(({ settled }, at) => at < this.#sentTo && !settled);
    if (job !== undefined) this.#giveUp(job, timedOut(this.#handle.link.place, timeout, writes));
  }

  /** Its caller waits no longer. The connection is made free for the next one: the statement stopped, or its process killed. */
  #giveUp(job: Job, reason: unknown): void {
    if (job.settled) return;
    this.#gaveUp = true;
    this.#outcomes?.failed(job, reason);
    job.fail(reason);
    this.#handle.cancel(this.#firstId + this.#jobs.indexOf(job), this.#done.promise);
    if (this.#handle.link.canKill) return;
    this.#clock.callIn(STOP_GRACE_MS, () => {
      this.fatal ??= reason;
      this.#end();
    });
  }

  #end(): void {
    this.#clock.stop();
    this.#done.resolve(undefined);
  }
}
