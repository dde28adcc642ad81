import { isPoolError, type Lease, PoolError } from "@pool/core";
import { helperLost } from "../channel/link-errors.js";
import { type SqliteHandle } from "../handle/handle.js";
import { Backlog } from "./backlog.js";
import { freeLeases } from "./free-leases.js";
import { type Job } from "./job.js";
import { keptShapes } from "./kept-shapes.js";
import { type LaneOptions } from "./lane-options.js";
import { List } from "./list.js";
import { track } from "./track.js";

/**
 * Statements on their own, on the connections of one pool. What is called in one tick leaves in few messages: a list of quick statements
 * borrows a connection once. What may take long, or can be cancelled, borrows one for itself.
 */
export class Lane {
  readonly keptShapes = keptShapes();
  readonly #options: LaneOptions;
  readonly #backlog = new Backlog();
  /** Turns that wait for a connection. */
  #acquiring = 0;
  #running = 0;
  #aloneRunning = 0;
  #aloneSlow = 0;
  #scheduled = false;
  #idle: PromiseWithResolvers<undefined> | undefined;
  readonly #dispatch = (): void => {
    this.#scheduled = false;
    const missing = this.#missingTurns();
    if (missing > 0) this.#lendAll(freeLeases(this.#options.pool, missing));
    for (let missing = this.#missingTurns(); missing > 0; missing--) this.#wait();
  };

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Resolves when nothing waits or runs here any more. */
  async idle(): Promise<void> {
    if (this.queued + this.#acquiring + this.#running === 0) return;
    this.#idle ??= Promise.withResolvers<undefined>();
    await this.#idle.promise;
  }

  /** Statements that wait for a connection. */
  get queued(): number {
    return this.#backlog.length;
  }

  add(job: Job): void {
    const { overflow, maxAlone = Infinity, maxQueued, pool } = this.#options;
    if (job.settled) return;
    if (overflow !== undefined && this.#aloneSlow >= maxAlone && job.crowdedOut()) return overflow.add(job);
    if (this.queued >= maxQueued) {
      const message = `pool ${JSON.stringify(pool.name)}: ${maxQueued} statements wait already`;
      return job.fail(new PoolError("QUEUE_FULL", message, { details: { queued: this.queued } }));
    }
    this.#backlog.push(job);
    job.onAbort((reason) => job.fail(reason));
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#dispatch);
  }

  /** How many more may run alone. */
  #room(): number {
    return (this.#options.maxAlone ?? Infinity) - this.#aloneRunning;
  }

  #missingTurns(): number {
    return Math.min(this.#backlog.lists(this.#room()), this.#options.size) - this.#acquiring;
  }

  #lendAll(leases: readonly Lease<SqliteHandle>[]): void {
    leases.forEach((lease, at) => this.#run(lease, this.#backlog.take(this.#room(), leases.length - at)));
  }

  #wait(): void {
    this.#acquiring++;
    this.#options.pool.acquire({ timeout: this.#backlog.patience(this.#options.acquireTimeout) }).then(
      (lease) => {
        this.#acquiring--;
        this.#lendAll([lease, ...freeLeases(this.#options.pool, this.#missingTurns() - 1)]);
        this.#goOn();
      },
      (error: unknown) => {
        this.#acquiring--;
        this.#refuse(error);
        this.#goOn();
      },
    );
  }

  #run(lease: Lease<SqliteHandle>, jobs: readonly Job[]): void {
    const [first] = jobs;
    if (first === undefined) return lease.release();
    const alone = jobs.length === 1 && first.alone;
    this.#running++;
    if (alone) this.#aloneRunning++;
    const list = new List(lease.resource, jobs, {
      writes: this.#options.writes,
      timeout: alone ? first.options.timeout : this.#options.queryTimeout,
      onSlow: (back) => this.#slow(back, alone),
    });
    const over = (): void => this.#over(lease, list, alone);
    track(lease, jobs, list).then(over, (error: unknown) => {
      list.lost(helperLost(lease.resource.link.place, "its statements could not be followed", error));
      over();
    });
  }

  #over(lease: Lease<SqliteHandle>, list: List, alone: boolean): void {
    if (alone) this.#aloneRunning--;
    if (alone && list.slow) this.#aloneSlow--;
    if (list.fatal === undefined) lease.release();
    else lease.destroy(list.fatal);
    list.answers.deliver();
    this.#running--;
    this.#goOn();
  }

  #slow(back: readonly Job[], alone: boolean): void {
    const { overflow, maxAlone = Infinity } = this.#options;
    if (alone) this.#aloneSlow++;
    this.#backlog.putBack(back);
    for (const job of back) job.onAbort((reason) => job.fail(reason));
    if (overflow === undefined || this.#aloneSlow < maxAlone) return this.#schedule();
    for (const job of this.#backlog.takeAlone()) this.add(job);
    this.#schedule();
  }

  /** No connection was to be had: those who have waited long enough hear it, or all when waiting would not help. */
  #refuse(error: unknown): void {
    const { acquireTimeout, whyNone } = this.#options;
    const before = isPoolError(error, "ACQUIRE_TIMEOUT") ? performance.now() - acquireTimeout + 1 : Infinity;
    const reason = isPoolError(error, "UNAVAILABLE") ? whyNone(error) : error;
    for (const job of this.#backlog.takeOlder(before)) job.fail(reason);
  }

  #goOn(): void {
    if (this.queued > 0) return this.#schedule();
    if (this.#acquiring + this.#running > 0) return;
    this.#idle?.resolve(undefined);
    this.#idle = undefined;
  }
}
