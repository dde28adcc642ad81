import { readCall, readLabel } from "../arguments.js";
import { trace, traced, type TracedEvents } from "../events.js";
import { checkAcquire, readCloseTimeout } from "./arguments.js";
import { borrow, type Borrower } from "./borrow.js";
import { CallbackForms } from "./callback-forms.js";
import { holdersOf, statsOf } from "./census.js";
import { Draining } from "./draining.js";
import { Engine } from "./engine.js";
import type { ResourceFactory } from "./factory.js";
import type { Lease } from "./lease.js";
import type { ResolvedPoolOptions } from "./options.js";
import type { AcquireOptions, Pool } from "./pool.js";
import { poolClosed } from "./refusals.js";
import { resize, type LimitChange } from "./resizing.js";
import { Stacks } from "./stacks.js";
import type { Holder, PoolStats } from "./stats.js";
import { Upkeep } from "./upkeep.js";
import { Warming } from "./warming.js";

const acquires = traced("pool:acquire");

/** The pool that callers see: the engine, with what looks after it, warms it and ends it. */
export class ManagedPool<R> implements Pool<R> {
  readonly #engine: Engine<R>;
  readonly #upkeep: Upkeep<R>;
  readonly #draining: Draining<R>;
  readonly #warming: Warming<R>;
  readonly #callbackForms: CallbackForms<R>;
  readonly #stacks: Stacks | undefined;

  constructor(factory: ResourceFactory<R>, options: ResolvedPoolOptions) {
    this.#engine = new Engine(factory, options);
    this.#upkeep = new Upkeep(this.#engine);
    this.#draining = new Draining(this.#engine);
    this.#warming = new Warming(this.#engine);
    this.#callbackForms = new CallbackForms(this, options.selfDeadlock, (error) => this.#engine.checks.isFatal(error));
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
    return statsOf(this.#engine);
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
    const problem = options === undefined ? undefined : checkAcquire(this.name, options);
    if (problem !== undefined) throw problem;
    return this.#engine.tryLend(options, this.#stacks?.take(this.tryAcquire));
  }

  use<T>(task: (resource: R, lease: Lease<R>) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    return this.#callbackForms.use(task, options);
  }

  async warm(n?: number, options?: { signal?: AbortSignal }): Promise<void> {
    if (this.#engine.state !== "open") throw poolClosed(this.name, this.#engine.state);
    const { signal } = readCall(`pool ${JSON.stringify(this.name)}: warm`, options, ["signal"]);
    await this.#warming.warm(n ?? Math.max(1, this.#engine.limits.minIdle), signal);
  }

  resize(limits: LimitChange): void {
    resize(this.#engine, limits);
    this.#warming.opened();
    this.#engine.serve();
  }

  evict(reason = "evicted by the program"): void {
    readLabel(`pool ${JSON.stringify(this.name)}: reason`, reason);
    this.#engine.generation++;
    this.#engine.growing.forgive();
    for (const entry of [...this.#engine.entries]) {
      if (entry.state === "idle") this.#engine.close(entry, "evicted", reason);
      else entry.retireFor("evicted", reason);
    }
    this.#engine.serve();
  }

  holders(): readonly Holder[] {
    return holdersOf(this.#engine);
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
    try {
      const timeout = readCloseTimeout(this.name, options) ?? this.#engine.options.drainTimeout;
      this.#warming.failAll(poolClosed(this.name, "closing"));
      return this.#draining.close(timeout);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For sessions; see borrow.ts. */
  [borrow]<T>(task: (borrower: Borrower<R>) => Promise<T>, label: string | undefined): Promise<T> {
    return this.#callbackForms.borrowing(task, label);
  }

  #acquireTraced(options: AcquireOptions | undefined, stack: string | undefined): Promise<Lease<R>> {
    const { waiting } = this.#engine;
    const event: TracedEvents["pool:acquire"] = { pool: this.name, label: options?.label, waiting };
    return trace(acquires, event, async () => {
      const lease = await this.#engine.acquire(options, stack);
      event.leaseId = lease.id;
      return lease;
    });
  }
}
