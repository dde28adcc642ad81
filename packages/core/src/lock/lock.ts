/** How one lock is asked for. */
export interface LockOptions {
  /**
   * How long the backend keeps it for a holder that is not heard of any more, in ms; renewed every third of it while it is held. @default 10_000
   */
  ttl?: number;
  /** Longest wait for it, in ms; 0 tries once. @default 30_000 */
  timeout?: number;
  /** Gives up the wait, and rejects with the signal's reason. Has no effect on a lock already given. */
  signal?: AbortSignal;
  /** Names the holder in events and errors. */
  label?: string;
}

/**
 * A lock that is held, until it is released, lost or forgotten by the backend. It is advisory: a process that is paused past its `ttl` is overtaken without
 * having run a line of code, so whatever it guards must refuse a `token` smaller than one that it has seen
 * (M. Kleppmann, "How to do distributed locking", 2016).
 */
export interface HeldLock extends AsyncDisposable, Disposable {
  readonly key: string;
  /** Grows with every holder of this key: hand it to what the lock guards, which refuses a smaller one. */
  readonly token: bigint;
  /** Aborted with a PoolError `LOCK_LOST` when it is not ours any more, at the latest when `ttl` is over. Not by `release`. */
  readonly lost: AbortSignal;
  /**
   * Ours still, by a monotonic deadline that is earlier than the backend's. Right in the same turn after a pause of the process, before any timer
   * has fired.
   */
  isHeld(): boolean;
  /** Lets go, if it is ours still: compares and deletes. Idempotent; never rejects. Bounded by the store's own timeouts. */
  release(): Promise<void>;
}

/** Mutual exclusion by name, between the users of one backend. */
export interface Lock {
  readonly kind: string;
  /**
   * Waits for the lock of that name and takes it. Renews it until it is released.
   * @throws PoolError `LOCK_TIMEOUT` it stayed somebody else's for `timeout` ms · `INVALID_ARGUMENT` · what the backend says, or the signal's reason
   */
  acquire(key: string, options?: LockOptions): Promise<HeldLock>;
  /** The lock, or undefined when somebody has it. One round trip. */
  tryAcquire(key: string, options?: Omit<LockOptions, "timeout">): Promise<HeldLock | undefined>;
  /**
   * Takes the lock, runs `work` with it, and lets go whatever happens. `work` is handed the lock, whose `lost` signal it passes on to what it
   * does. Rejects with `LOCK_LOST` when it was lost before `work` had ended.
   */
  use<T>(key: string, work: (lock: HeldLock) => T | PromiseLike<T>, options?: LockOptions): Promise<T>;
}

/**
 * What an adapter writes to bring locks to its backend; `createLock` does the rest: waiting, renewing, deadlines, signals. Each call is one
 * atomic step at the backend, and rejects within a bounded time when the backend is silent.
 */
export interface LockStore {
  readonly kind: string;
  /**
   * Takes the key for `owner` for `ttl` ms if nobody has it. Resolves with the token, or with how long the holder's time still runs where that is known.
   * Taking it twice for the same owner, as after a lost reply, resolves with the same token.
   */
  take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere>;
  /** Gives `owner` another `ttl` ms. False when it is not the holder any more. */
  renew(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<boolean>;
  /** Deletes the key if `owner` has it. */
  drop(key: string, owner: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the key may have become free, or its signal aborts. Without it, or when it rejects, the key is asked for again and again, with
   * growing pauses.
   */
  untilFree?(key: string, signal: AbortSignal): Promise<void>;
}

export interface LockTaken {
  readonly token: bigint;
}

export interface LockHeldElsewhere {
  readonly token?: undefined;
  /** In ms; left out where the backend cannot tell. */
  readonly freeInMs?: number;
}
