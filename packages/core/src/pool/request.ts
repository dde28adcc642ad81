import type { TaskHold } from "./borrow.js";
import type { Lease } from "./lease.js";
import type { AcquireOptions } from "./pool.js";

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
