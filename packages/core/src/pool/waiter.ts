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

/** A caller in the queue. Kept small: a burst makes a hundred thousand of them, and what they take is copied while they wait. */
export class Waiter<R> {
  // Fields that are only declared: one that is defined and then assigned costs a burst a tenth of its time.
  declare readonly resolve: (lease: Lease<R>) => void;
  declare readonly reject: (reason: unknown) => void;
  declare readonly since: number;
  declare readonly deadline: number;
  /** It has left the queue; its place in the ring is passed over. */
  declare settled: boolean;

  constructor(resolve: (lease: Lease<R>) => void, reject: (reason: unknown) => void, since: number, deadline: number) {
    this.resolve = resolve;
    this.reject = reject;
    this.since = since;
    this.deadline = deadline;
    this.settled = false;
  }

  /** Itself, where its caller said more than for how long. */
  get telling(): TellingWaiter<R> | undefined {
    return undefined;
  }
}

/** One that is known by more than its time. What its caller asked for stands here by itself: the options are the caller's, who may use them again for something else. */
export class TellingWaiter<R> extends Waiter<R> {
  declare readonly label: string | undefined;
  declare readonly hold: TaskHold | undefined;
  declare readonly stack: string | undefined;
  /** With which others it waits for one signal; set there. */
  declare watch: Watch<R> | undefined;

  constructor(
    resolve: (lease: Lease<R>) => void,
    reject: (reason: unknown) => void,
    since: number,
    deadline: number,
    request: Request | undefined,
    stack: string | undefined,
  ) {
    super(resolve, reject, since, deadline);
    this.label = request?.label;
    this.hold = request?.hold;
    this.stack = stack;
    this.watch = undefined;
  }

  override get telling(): this {
    return this;
  }
}
