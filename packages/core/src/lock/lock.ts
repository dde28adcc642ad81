/** How one lock is asked for. */
export interface LockOptions {
  /**
   * How long the backend keeps it for a holder that is not heard of any more, in ms, at least 50; renewed every third of it while it is held.
   * @default 10_000, or the lock's own
   */
  ttl?: number;
  /** Longest wait for it, in ms; 0 asks once. @default 30_000, or the lock's own */
  timeout?: number;
  /** Gives up the wait, and rejects with the signal's reason. Has no effect on a lock already given. */
  signal?: AbortSignal;
  /** Names the holder in events and errors. */
  label?: string;
}

/**
 * A lock that is held, until it is released or lost. It is advisory: a process that is paused past its `ttl` is overtaken without having run a line
 * of code, so whatever it guards must refuse a `token` smaller than one that it has seen
 * (M. Kleppmann, "How to do distributed locking", 2016).
 */
export interface HeldLock extends AsyncDisposable, Disposable {
  readonly key: string;
  /** Grows with every holder of this key: hand it to what the lock guards, which refuses a smaller one. */
  readonly token: bigint;
  /**
   * Aborted with a PoolError `LOCK_LOST` when it is not ours any more, at the latest when `ttl` is over, whatever the backend does. After a pause
   * of the process it is aborted when it is read, before any timer has fired. Not aborted by `release`.
   */
  readonly lost: AbortSignal;
  /**
   * Ours still, by a local deadline that is earlier than the backend's: counted from before the request was sent, on the monotonic clock and on the
   * wall clock, whichever is further. Right in the same turn after a pause of the process, before any timer has fired.
   */
  isHeld(): boolean;
  /**
   * Lets go, if it is ours still: compares and deletes. Resolves when the backend has confirmed it, and at the latest after `releaseTimeout`; what is not
   * confirmed by then is tried again in the background until the ttl is over. Idempotent; never rejects.
   */
  release(): Promise<void>;
}

/** Mutual exclusion by name, between the users of one backend. Not reentrant: who holds a key and asks for it again waits for itself. */
export interface Lock {
  readonly kind: string;
  /**
   * Waits for the lock of that name and takes it; renews it until it is released. Who waits in this process is served in the order of the calls, and
   * one of them at a time asks the backend.
   * @throws PoolError `LOCK_TIMEOUT` it could not be had within `timeout` ms · `NOT_CONNECTED` closed meanwhile · `INVALID_ARGUMENT` · what the
   * backend says, when it fails for longer than 2 s or in a way that will not pass · the signal's reason
   */
  acquire(key: string, options?: LockOptions): Promise<HeldLock>;
  /** The lock, or undefined when somebody has it or waits for it here. At most one round trip. */
  tryAcquire(key: string, options?: Omit<LockOptions, "timeout">): Promise<HeldLock | undefined>;
  /**
   * Takes the lock, runs `work` with it, and lets go whatever happens. `work` is handed the lock, whose `lost` signal it passes on to what it
   * does. Rejects with `LOCK_LOST` when it was lost before `work` had ended.
   */
  use<T>(key: string, work: (lock: HeldLock) => T | PromiseLike<T>, options?: LockOptions): Promise<T>;
}

/** The locks of one client of a backend, for whom to close that client means to let go of them. */
export interface ManagedLock extends Lock, AsyncDisposable {
  /** What is held through it now, in the order in which it was given. */
  held(): readonly HeldLock[];
  /**
   * Takes no calls any more, rejects who waits with `NOT_CONNECTED`, aborts `lost` of what is held, and lets go of it. Waits for the backend's
   * word for at most `timeout` ms. Idempotent; never rejects. @default 1_000
   */
  close(options?: { timeout?: number }): Promise<void>;
}

/**
 * What an adapter writes to bring locks to its backend; `createLock` does the rest: waiting, renewing, deadlines, signals. Each call is one
 * atomic step at the backend, and settles within a bounded time when the backend is silent. A call whose signal is aborted may have been carried out.
 */
export interface LockStore {
  readonly kind: string;
  /**
   * Takes the key for `owner` for `ttl` ms (not less) if nobody has it. Resolves with its token, which is greater than all that were given for this key before; or
   * with how long the holder's time still runs, where that is known. Taking it again for the same owner, as after a lost reply, resolves with the
   * same token and starts its ttl anew.
   */
  take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere>;
  /** Gives `owner` another `ttl` ms. False when it is not the holder any more, also when nobody is: it never takes the key anew. */
  renew(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<boolean>;
  /** Deletes the key if `owner` has it; else does nothing. */
  drop(key: string, owner: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the key may have become free, or its signal aborts. A hint: the key is asked for every second all the same, and when it rejects or
   * is left out, again and again with growing pauses.
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
