import type { Lease } from "./lease.js";
import type { Holder, PoolStats } from "./stats.js";

/** Who gets the next resource first among those that wait; equal ones in the order of their calls. */
export type Priority = "high" | "normal" | "low";

export interface AcquireOptions {
  /** Gives up the wait and rejects with the signal's reason. Has no effect on a lease already given. */
  signal?: AbortSignal;
  /** Longest wait in ms, instead of the pool's `acquireTimeout`. `Infinity` waits for ever; 0 takes only what may be lent at once, without a check. */
  timeout?: number;
  /** Names the borrower in holders, errors and events. */
  label?: string;
  /** @default "normal" */
  priority?: Priority;
}

/** A bounded set of resources with a fair queue. Make one with {@link createPool}. */
export interface Pool<out R> extends AsyncDisposable {
  readonly name: string;
  readonly kind: string;
  /** A snapshot, made at the call. */
  readonly stats: PoolStats;

  /**
   * Borrows a resource; wait your turn, first come first served. Release it, best with `using`.
   * @throws PoolError `ACQUIRE_TIMEOUT` with the counts and the holders, `QUEUE_FULL`, `POOL_CLOSED`, `UNAVAILABLE`, or the signal's reason
   */
  acquire(options?: AcquireOptions): Promise<Lease<R>>;
  /**
   * A fresh idle one, or nothing: never waits, never connects, never overtakes a waiter. One that has to be validated first is not fresh, so
   * where every loan is checked (`validateAlways`, the hook `beforeLend`) there is never one.
   */
  tryAcquire(options?: Pick<AcquireOptions, "label">): Lease<R> | undefined;
  /**
   * Borrows a resource for one task, and returns it whatever happens. Knows when a task waits for the pool whose resources are all held by such tasks.
   * @throws what {@link acquire} and the task throw, and PoolError `SELF_DEADLOCK`
   */
  use<T>(task: (resource: R, lease: Lease<R>) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T>;

  /**
   * Opens resources until `n` are there. At most `maxSize`, and without `n` as many as `minIdle` (at least one).
   * @throws the first connect that fails
   */
  warm(n?: number, options?: { signal?: AbortSignal }): Promise<void>;
  /** Changes the limits now: what is over them closes when idle, and waiters are served when there is more room. */
  resize(limits: { maxSize?: number; maxIdle?: number; minIdle?: number }): void;
  /** Starts a new generation: idle resources close now, leased ones on their return. For a changed password, or after a failover. */
  evict(reason?: string): void;
  /** Who holds what, oldest first. */
  holders(): readonly Holder[];
  /** Takes a resource away from its holder: the lease ends, the resource is closed and never lent again. False when it has ended already. */
  reclaim(leaseId: number, cause?: unknown): boolean;
  /**
   * Refuses new callers, fails the waiters, waits for the leases up to `timeout` (default `drainTimeout`), then closes what is left.
   * Idempotent: every call gets the same promise, and an earlier deadline wins. Rejects only for a timeout that is none (`INVALID_ARGUMENT`).
   */
  close(options?: { timeout?: number }): Promise<void>;
}
