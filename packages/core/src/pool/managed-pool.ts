import { traced } from "../events.js";
import { PoolError } from "../errors.js";
import { asHolder, borrow, holdOf, type Borrower, type Hold } from "./borrow.js";
import { Draining } from "./draining.js";
import { Engine } from "./engine.js";
import type { ResourceFactory } from "./factory.js";
import { holdersAmong } from "./holders.js";
import type { Lease } from "./lease.js";
import { impossible, type ResolvedPoolOptions } from "./options.js";
import type { AcquireOptions, Pool } from "./pool.js";
import { checkAcquire, checkLimits, checkTimeout } from "./arguments.js";
import { poolClosed } from "./refusals.js";
import { Stacks } from "./stacks.js";
import type { Holder, PoolStats } from "./stats.js";
import { Upkeep } from "./upkeep.js";
import type { Request } from "./wait-queue.js";
import { Warming } from "./warming.js";

const acquires = traced("pool:acquire");

/** The pool that callers see: the engine, with what looks after it, warms it and ends it. */
export class ManagedPool<R> implements Pool<R> {
  readonly #engine: Engine<R>;
  readonly #upkeep: Upkeep<R>;
  readonly #draining: Draining<R>;
  readonly #warming: Warming<R>;
  readonly #stacks: Stacks | undefined;
  #generation = 1;

  constructor(factory: ResourceFactory<R>, options: ResolvedPoolOptions) {
    this.#engine = new Engine(factory, options);
    this.#upkeep = new Upkeep(this.#engine);
    this.#draining = new Draining(this.#engine);
    this.#warming = new Warming(this.#engine);
    this.#stacks = options.stacks === "off" ? undefined : new Stacks(options.stacks);
    this.#engine.observer = {
      opened: () => {
        this.#upkeep.start();
        this.#warming.opened();
      },
      openFailed: (error) => {
        this.#warming.failAll(error);
      },
      gone: () => {
        this.#draining.check();
        if (this.#engine.entries.size === 0) this.#upkeep.stop();
      },
    };
    if (options.minIdle > 0) this.#engine.serve();
  }

  get name(): string {
    return this.#engine.name;
  }

  get kind(): string {
    return this.#engine.factory.kind;
  }

  get stats(): PoolStats {
    const { state, tally, totals, limits, entries, waiting, growing } = this.#engine;
    const { idle, leased, connecting, validating, resetting, closing } = tally;
    const now = { idle, leased, connecting, validating, resetting, closing, waiting };
    const health = { generation: this.#generation, failures: growing.failures, lastError: growing.lastError };
    return { state, ...limits, size: entries.size, ...now, ...health, totals: totals.snapshot() };
  }

  acquire(options?: AcquireOptions): Promise<Lease<R>> {
    const stack = this.#stacks?.take(this.acquire);
    if (options !== undefined) {
      const problem = checkAcquire(this.name, options);
      if (problem !== undefined) return Promise.reject(problem);
    }
    if (!acquires.hasSubscribers) return this.#engine.acquire(options, stack);
    return this.#acquireTraced(options, stack);
  }

  tryAcquire(options?: Pick<AcquireOptions, "label">): Lease<R> | undefined {
    return this.#engine.tryLend(options, this.#stacks?.take(this.tryAcquire));
  }

  async use<T>(task: (resource: R, lease: Lease<R>) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    const { selfDeadlock } = this.#engine.options;
    const problem = options === undefined ? undefined : checkAcquire(this.name, options);
    if (problem !== undefined) throw problem;
    if (selfDeadlock === "off") return this.#lendTo(task, await this.acquire(options));
    const outer = selfDeadlock === "reuse" ? (holdOf(this)?.lease as Lease<R> | undefined) : undefined; // a hold of this pool
    if (outer?.active === true) return task(outer.resource, outer);
    return asHolder(this, options?.label, async (hold) => {
      const lease = await this.acquire({ ...options, hold } as Request);
      hold.lease = lease;
      return this.#lendTo(task, lease);
    });
  }

  async warm(n?: number, options?: { signal?: AbortSignal }): Promise<void> {
    if (this.#engine.state !== "open") throw poolClosed(this.name, this.#engine.state);
    await this.#warming.warm(n ?? Math.max(1, this.#engine.limits.minIdle), options?.signal);
  }

  resize(change: { maxSize?: number; maxIdle?: number; minIdle?: number }): void {
    const { limits } = this.#engine;
    checkLimits(this.name, change);
    const maxSize = change.maxSize ?? limits.maxSize;
    // maxIdle follows maxSize as long as it was not set apart from it.
    const maxIdle = change.maxIdle ?? (limits.maxIdle === limits.maxSize ? maxSize : Math.min(limits.maxIdle, maxSize));
    const next = { maxSize, maxIdle, minIdle: change.minIdle ?? limits.minIdle };
    const problems = impossible(next);
    if (problems.length > 0)
      throw new PoolError("INVALID_ARGUMENT", `pool ${JSON.stringify(this.name)}: ${problems.join("; ")}`, {
        details: next,
      });
    Object.assign(limits, next);
    this.#closeSurplus();
    this.#warming.opened();
    this.#engine.serve();
  }

  evict(reason = "evicted by the program"): void {
    this.#generation++;
    this.#engine.growing.forgive();
    for (const entry of [...this.#engine.entries]) {
      if (entry.state === "idle") this.#engine.close(entry, "evicted", reason);
      else entry.retireFor("evicted", reason);
    }
    this.#engine.serve();
  }

  holders(): readonly Holder[] {
    const { entries, factory } = this.#engine;
    return holdersAmong(entries, factory, this.#engine.refresh(), this.#engine.exactNow());
  }

  reclaim(leaseId: number, cause?: unknown): boolean {
    for (const entry of this.#engine.entries) {
      if (leaseId === 0 || entry.leaseId !== leaseId) continue;
      this.#engine.giveBack(entry, "reclaimed", cause);
      return true;
    }
    return false;
  }

  close(options?: { timeout?: number }): Promise<void> {
    const timeout = options?.timeout;
    const problem = timeout === undefined ? undefined : checkTimeout(this.name, timeout);
    if (problem !== undefined) return Promise.reject(problem);
    this.#warming.failAll(poolClosed(this.name, "closing"));
    return this.#draining.close(timeout ?? this.#engine.options.drainTimeout);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For sessions; see borrow.ts. */
  [borrow]<T>(task: (borrower: Borrower<R>) => Promise<T>, label: string | undefined): Promise<T> {
    if (this.#engine.options.selfDeadlock === "off") {
      return task({ acquire: (options) => this.acquire(options), released: () => undefined });
    }
    return asHolder(this, label, (hold) => task(this.#borrowerFor(hold)));
  }

  #borrowerFor(hold: Hold): Borrower<R> {
    return {
      acquire: async (options) => {
        const lease = await this.acquire({ ...options, hold } as Request);
        hold.lease = lease;
        return lease;
      },
      released: () => {
        hold.lease = undefined;
      },
    };
  }

  async #lendTo<T>(task: (resource: R, lease: Lease<R>) => T | PromiseLike<T>, lease: Lease<R>): Promise<T> {
    try {
      return await task(lease.resource, lease);
    } catch (error) {
      if (this.#engine.isFatal(error)) lease.destroy(error);
      throw error;
    } finally {
      lease.release();
    }
  }

  #acquireTraced(options: AcquireOptions | undefined, stack: string | undefined): Promise<Lease<R>> {
    const event: { pool: string; label: string | undefined; waiting: number; leaseId?: number } = {
      pool: this.name,
      label: options?.label,
      waiting: this.#engine.waiting,
    };
    return acquires.tracePromise(async () => {
      const lease = await this.#engine.acquire(options, stack);
      event.leaseId = lease.id;
      return lease;
    }, event);
  }

  #closeSurplus(): void {
    const { idle, entries, tally, limits } = this.#engine;
    for (const entry of idle.snapshot(false)) {
      if (tally.idle <= limits.maxIdle && entries.size - tally.closing <= limits.maxSize) return;
      if (entry.state === "idle") this.#engine.close(entry, "resized");
    }
  }
}
