import { type Lease, type Pool, PoolError, traced } from "@pool/core";
import { type SqliteHandle } from "../handle/handle.js";
import { type Job } from "./job.js";
import { List } from "./list.js";
import { Queue } from "./queue.js";

export interface LaneOptions {
  readonly pool: Pool<SqliteHandle>;
  readonly size: number;
  readonly writes: boolean;
  /** Longest wait for a connection, in ms. */
  readonly acquireTimeout: number;
  readonly queryTimeout: number;
  /** Statements that may wait. */
  readonly maxQueued: number;
  /** Where statements that are not known to be quick go, when as many of them as `maxAlone` are taking long here. */
  readonly overflow?: Lane;
  readonly maxAlone?: number;
}

// As many as share a hop without the first reply having to wait for the last statement for long.
const MOST_IN_LIST = 64;
// Fewer than this are not worth a second hop.
const FEWEST_IN_LIST = 8;

const queries = traced("pool:query");

/**
 * Statements on their own, on the connections of one pool. What is called in one tick leaves in few messages: a list of quick statements
 * borrows a connection once. What may take long, or can be cancelled, borrows one for itself.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #quick = new Queue();
  readonly #alone = new Queue();
  /** Turns that wait for a connection. */
  #acquiring = 0;
  #running = 0;
  #aloneRunning = 0;
  #aloneSlow = 0;
  #scheduled = false;
  #idle: PromiseWithResolvers<undefined> | undefined;
  readonly #dispatch = (): void => {
    this.#scheduled = false;
    for (let missing = this.#missingTurns(); missing > 0; missing--) void this.#turn();
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
    return this.#quick.length + this.#alone.length;
  }

  add(job: Job): void {
    const { overflow, maxAlone = Infinity, maxQueued, pool } = this.#options;
    if (job.settled) return;
    if (overflow !== undefined && job.alone && this.#aloneSlow >= maxAlone) return overflow.add(job);
    if (this.queued >= maxQueued) {
      const message = `pool ${JSON.stringify(pool.name)}: ${maxQueued} statements wait already`;
      return job.fail(new PoolError("QUEUE_FULL", message, { details: { queued: this.queued } }));
    }
    (job.alone ? this.#alone : this.#quick).push(job);
    job.onAbort((reason) => job.fail(reason));
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#dispatch);
  }

  #mayRunAlone(): number {
    return Math.min(this.#alone.length, (this.#options.maxAlone ?? Infinity) - this.#aloneRunning);
  }

  #missingTurns(): number {
    const lists = Math.ceil(this.#quick.length / FEWEST_IN_LIST) + Math.max(0, this.#mayRunAlone());
    return Math.min(lists, this.#options.size) - this.#acquiring;
  }

  async #turn(): Promise<void> {
    this.#acquiring++;
    let lease: Lease<SqliteHandle>;
    try {
      lease = this.#options.pool.tryAcquire() ?? (await this.#options.pool.acquire({ timeout: this.#patience() }));
    } catch (error) {
      this.#acquiring--;
      this.#refuse(error);
      this.#goOn();
      return;
    }
    const jobs = this.#take();
    this.#acquiring--;
    this.#running++;
    await this.#run(lease, jobs);
    this.#running--;
    this.#goOn();
  }

  /** As long as the one that has waited longest may still wait. */
  #patience(): number {
    const { acquireTimeout } = this.#options;
    const oldest = Math.min(this.#quick.oldest, this.#alone.oldest);
    return oldest === Infinity ? acquireTimeout : Math.max(0, oldest + acquireTimeout - performance.now());
  }

  #take(): Job[] {
    const alone = this.#mayRunAlone() > 0 && this.#alone.oldest <= this.#quick.oldest ? this.#alone.shift() : undefined;
    // It may have become known as quick while it waited.
    if (alone !== undefined && (alone.alone || this.#quick.length === 0)) return [alone];
    const share = Math.ceil(this.#quick.length / Math.max(1, this.#options.size));
    const jobs = this.#quick.take(Math.min(MOST_IN_LIST, Math.max(FEWEST_IN_LIST, share)));
    if (alone !== undefined) jobs.unshift(alone);
    return jobs;
  }

  async #run(lease: Lease<SqliteHandle>, jobs: readonly Job[]): Promise<void> {
    const [first] = jobs;
    if (first === undefined) {
      lease.release();
      return;
    }
    const alone = jobs.length === 1 && first.alone;
    if (alone) this.#aloneRunning++;
    const list = new List(lease.resource, jobs, {
      writes: this.#options.writes,
      timeout: alone ? first.options.timeout : this.#options.queryTimeout,
      onSlow: (back) => this.#slow(back, alone),
    });
    await track(lease, jobs, list);
    if (alone) this.#aloneRunning--;
    if (alone && list.slow) this.#aloneSlow--;
    if (list.fatal === undefined) lease.release();
    else lease.destroy(list.fatal);
    list.deliver();
  }

  #slow(back: readonly Job[], alone: boolean): void {
    const { overflow, maxAlone = Infinity } = this.#options;
    if (alone) this.#aloneSlow++;
    if (back.length > 0) this.#quick.putBack(back);
    for (const job of back) job.onAbort((reason) => job.fail(reason));
    if (overflow !== undefined && this.#aloneSlow >= maxAlone) {
      for (const job of this.#alone.take(Infinity)) overflow.add(job);
    }
    this.#schedule();
  }

  /** No connection was to be had: those who have waited long enough hear it, or all when waiting would not help. */
  #refuse(error: unknown): void {
    const timedOut = error instanceof PoolError && error.code === "ACQUIRE_TIMEOUT";
    const before = timedOut ? performance.now() - this.#options.acquireTimeout + 1 : Infinity;
    for (const queue of [this.#quick, this.#alone]) {
      for (const job of queue.takeOlder(before)) job.fail(error);
    }
  }

  #goOn(): void {
    if (this.queued > 0) return this.#schedule();
    if (this.#acquiring + this.#running > 0) return;
    this.#idle?.resolve(undefined);
    this.#idle = undefined;
  }
}

/** Counts the time as busy, and publishes each statement when somebody listens. */
async function track(lease: Lease<SqliteHandle>, jobs: readonly Job[], list: List): Promise<void> {
  const outcomes = queries.hasSubscribers ? list.outcomes() : undefined;
  const free = list.run();
  const [first] = jobs;
  if (outcomes !== undefined) {
    const one = async ({ options: { plan, label } }: Job, at: number) =>
      await lease.track(plan.text, async () => await outcomes[at], label);
    await Promise.allSettled(jobs.map(one));
    await free;
  } else if (first !== undefined) await lease.track(first.options.plan.text, () => free);
}
