/** What {@link ResourceFactory.create} is handed. */
export interface CreateContext {
  /** Aborted when the connect timeout is over or the pool is closed; reject then, and leave nothing open. */
  readonly signal: AbortSignal;
  /** Tell the pool that this resource has died (an `error` or `end` event). May be called at any time, more than once, and from any state. */
  lost(cause?: unknown): void;
}

/** What can be told of a resource without a round trip. */
export interface ResourceStatus {
  /** A transaction is open (or failed and not yet rolled back). */
  readonly inTransaction?: boolean;
  /** A statement is still running. A resource that is busy at its release is closed. */
  readonly busy?: boolean;
  /** Nothing to undo: `reset` is not called, and the release costs no round trip. Left out means not known, so `reset` is called. */
  readonly clean?: boolean;
}

/**
 * How one backend opens, validates, resets and closes one resource. The pool bounds every call in time, calls `close` exactly once for
 * each resource that `create` has resolved with, and never runs two of these calls on one resource at once.
 */
export interface ResourceFactory<R> {
  /** The backend's name, for example `"postgres"`. */
  readonly kind: string;
  /** Opens one resource, ready for its first borrower. */
  create(context: CreateContext): PromiseLike<R>;
  /**
   * One cheap round trip; rejects (or throws) when the resource is unfit. Without it nothing is validated. Bounded by `validateTimeout`.
   * `about.stale` is false when only `validateAlways` asked for it.
   */
  validate?(resource: R, signal: AbortSignal, about: { readonly stale: boolean }): unknown;
  /** Have `validate` called before every loan, and not only after `validateIfIdleFor`. @default false */
  readonly validateAlways?: boolean;
  /** Undoes what a lease left behind, at least an open transaction. Rejects (or throws) to have the resource closed. Bounded by `validateTimeout`. */
  reset?(resource: R, signal: AbortSignal): unknown;
  /** Lets go of the resource. Bounded by `closeTimeout`; must not wait for work in hand: `graceful` is false where it may still be running. */
  close(resource: R, how: { readonly graceful: boolean }): void | PromiseLike<void>;
  /** Free of round trips; read at release and for {@link Pool.holders}. */
  status?(resource: R): ResourceStatus;
  /** Does this error of a statement mean that its resource is unfit? `use` then destroys the lease instead of releasing it. Default: no. */
  isFatal?(error: unknown): boolean;
}
