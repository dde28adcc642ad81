import type { TaskHold } from "./borrow.js";
import type { Lease } from "./lease.js";
import type { AcquireOptions } from "./pool.js";
import type { Watch } from "./signals.js";

/** An acquire as the engine sees it: the caller's options, and what the callback forms add. */
export interface Request extends AcquireOptions {
  /** The task this acquire is made for; see borrow.ts. */
  readonly hold?: TaskHold | undefined;
}

/** Whom a resource is lent to. */
export interface Borrowing {
  readonly label?: string | undefined;
  readonly hold?: TaskHold | undefined;
}

export type Resolve<R> = (lease: Lease<R>) => void;
export type Reject = (reason: unknown) => void;

/** What stands in the queue for a caller: its promise's `resolve` where it said nothing and waits as long as the pool has it, or else a {@link Waiter}. */
export type Queued<R> = Resolve<R> | Waiter<R>;

/**
 * A caller in the queue who is known by more than its time. What it asked for stands here by itself: the options are the caller's, who may use them again for
 * something else. Kept small: a burst makes a hundred thousand of them, and what they take is copied while they wait.
 */
export class Waiter<R> {
  // Fields that are only declared: one that is defined and then assigned costs a burst a tenth of its time.
  declare resolve: Resolve<R>;
  declare reject: Reject;
  declare readonly deadline: number;
  /** It has left the queue; its place in the ring is passed over. */
  declare settled: boolean;
  declare readonly label: string | undefined;
  declare readonly hold: TaskHold | undefined;
  declare readonly stack: string | undefined;
  /** With which others it waits for one signal; set there. */
  declare watch: Watch<R> | undefined;
  declare nextOfSignal: Waiter<R> | undefined;

  constructor(
    resolve: Resolve<R>,
    reject: Reject,
    deadline: number,
    request: Request | undefined,
    stack: string | undefined,
  ) {
    this.resolve = resolve;
    this.reject = reject;
    this.deadline = deadline;
    this.settled = false;
    this.label = request?.label;
    this.hold = request?.hold;
    this.stack = stack;
    this.watch = undefined;
    this.nextOfSignal = undefined;
  }

  /** Lets go of its promise: a list that it still stands in, such as a signal's, would keep a lease that its caller has dropped from being found. */
  serve(lease: Lease<R>): void {
    const { resolve } = this;
    this.resolve = nothing;
    this.reject = nothing;
    resolve(lease);
  }
}

const nothing = (): void => undefined;

/** One who leaves the queue without a lease. */
export class Leaver<R> {
  readonly reject: Reject;
  readonly since: number;
  readonly deadline: number;
  /** Itself, where it is known by more than its time. */
  readonly waiter: Waiter<R> | undefined;

  constructor(queued: Queued<R>, reject: Reject, since: number, deadline: number) {
    this.reject = reject;
    this.since = since;
    this.deadline = deadline;
    this.waiter = typeof queued === "function" ? undefined : queued;
  }
}
