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

/** A caller in the queue. Kept small: a burst makes a hundred thousand of them. */
export class Waiter<R> {
  // Fields that are only declared: one that is defined and then assigned costs a burst a tenth of its time.
  declare readonly resolve: (lease: Lease<R>) => void;
  declare readonly reject: (reason: unknown) => void;
  // What the caller asked for, each by itself: the options are the caller's, who may use them again for something else.
  declare readonly label: string | undefined;
  declare readonly hold: TaskHold | undefined;
  declare readonly since: number;
  declare readonly deadline: number;
  declare readonly stack: string | undefined;
  /** With which others it waits for one signal; set there. */
  declare watch: Watch<R> | undefined;
  /** It has left the queue; its place in the ring is passed over. */
  declare settled: boolean;

  constructor(
    resolve: (lease: Lease<R>) => void,
    reject: (reason: unknown) => void,
    request: Request | undefined,
    since: number,
    deadline: number,
    stack: string | undefined,
  ) {
    this.resolve = resolve;
    this.reject = reject;
    this.label = request?.label;
    this.hold = request?.hold;
    this.since = since;
    this.deadline = deadline;
    this.stack = stack;
    this.watch = undefined;
    this.settled = false;
  }
}
