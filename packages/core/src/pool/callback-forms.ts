import { checkAcquire, checkTask } from "./arguments.js";
import { asHolder, holdOf, plainBorrower, type Borrower, TaskHold } from "./borrow.js";
import type { Lease } from "./lease.js";
import type { AcquireOptions, Pool } from "./pool.js";
import type { Request } from "./request.js";

type Task<R, T> = (resource: R, lease: Lease<R>) => T | PromiseLike<T>;

/** Borrowing for the time of a callback, which lets the pool know who waits for whom. */
export class CallbackForms<R> {
  readonly #pool: Pool<R>;
  readonly #selfDeadlock: "error" | "reuse" | "off";
  readonly #isFatal: (error: unknown) => boolean;

  constructor(pool: Pool<R>, selfDeadlock: "error" | "reuse" | "off", isFatal: (error: unknown) => boolean) {
    this.#pool = pool;
    this.#selfDeadlock = selfDeadlock;
    this.#isFatal = isFatal;
  }

  /** {@link Pool.use} */
  async use<T>(task: Task<R, T>, options?: AcquireOptions): Promise<T> {
    checkTask(this.#pool.name, task);
    const problem = options === undefined ? undefined : checkAcquire(this.#pool.name, options);
    if (problem !== undefined) throw problem;
    if (this.#selfDeadlock === "off") return this.#run(task, await this.#pool.acquire(options));
    const shared = this.#selfDeadlock === "reuse" ? (holdOf(this.#pool)?.share() as Lease<R> | undefined) : undefined; // of this pool
    if (shared !== undefined) return this.#runSharing(task, shared, options?.signal);
    return asHolder(this.#pool, options?.label, async (hold) => this.#run(task, await this.#acquireFor(hold, options)));
  }

  /** {@link borrowing} */
  borrowing<T>(task: (borrower: Borrower<R>) => Promise<T>, label: string | undefined): Promise<T> {
    if (this.#selfDeadlock === "off") return task(plainBorrower(this.#pool));
    return asHolder(this.#pool, label, (hold) =>
      task({
        acquire: (options, isBrief = false) =>
          this.#acquireFor(isBrief ? new TaskHold(this.#pool, hold, label, true) : hold, options),
      }),
    );
  }

  #acquireFor(hold: TaskHold, options: AcquireOptions | undefined): Promise<Lease<R>> {
    const request: Request = { ...options, hold };
    return this.#pool.acquire(request);
  }

  async #runSharing<T>(task: Task<R, T>, lease: Lease<R>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted !== true) return this.#run(task, lease);
    lease.release();
    throw signal.reason;
  }

  async #run<T>(task: Task<R, T>, lease: Lease<R>): Promise<T> {
    try {
      return await task(lease.resource, lease);
    } catch (error) {
      if (this.#isFatal(error)) lease.destroy(error);
      throw error;
    } finally {
      lease.release();
    }
  }
}
