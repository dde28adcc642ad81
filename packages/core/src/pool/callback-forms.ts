import { checkAcquire, checkTask } from "./arguments.js";
import { asHolder, holdOf, type Borrower, type Hold } from "./borrow.js";
import type { Lease } from "./lease.js";
import type { AcquireOptions, Pool } from "./pool.js";
import type { Request } from "./wait-queue.js";

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
    const outer = this.#selfDeadlock === "reuse" ? this.#outerLease() : undefined;
    if (outer !== undefined) return task(outer.resource, outer);
    return asHolder(this.#pool, options?.label, async (hold) => this.#run(task, await this.#acquireFor(hold, options)));
  }

  /** {@link borrowing} */
  borrowing<T>(task: (borrower: Borrower<R>) => Promise<T>, label: string | undefined): Promise<T> {
    if (this.#selfDeadlock === "off") {
      return task({ acquire: (options) => this.#pool.acquire(options), released: () => undefined });
    }
    return asHolder(this.#pool, label, (hold) =>
      task({
        acquire: (options) => this.#acquireFor(hold, options),
        released: () => {
          hold.lease = undefined;
        },
      }),
    );
  }

  async #acquireFor(hold: Hold, options: AcquireOptions | undefined): Promise<Lease<R>> {
    const request: Request = { ...options, hold };
    const lease = await this.#pool.acquire(request);
    hold.lease = lease;
    return lease;
  }

  #outerLease(): Lease<R> | undefined {
    const lease = holdOf(this.#pool)?.lease as Lease<R> | undefined; // a hold of this pool
    return lease?.active === true ? lease : undefined;
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
