/** How one entry is kept. What is left out is the cache's own. */
export interface EntryOptions {
  /** Fresh for so long, in ms. */
  ttl?: number;
  /** Names by which it can be invalidated together with others. */
  tags?: readonly string[];
}

export interface ComputeOptions extends EntryOptions {
  /** Ends this caller's wait, with its reason. The work goes on as long as somebody waits for it. */
  signal?: AbortSignal;
}

/** What the work is handed. */
export interface ComputeContext {
  /** Aborted when nobody waits for it any more, and when the cache closes. */
  readonly signal: AbortSignal;
}

/** Numbers since the cache was made. */
export interface CacheStats {
  readonly hits: number;
  /** Given out stale: computed anew in the background, or it could not be. */
  readonly stale: number;
  /** Known not to be there. */
  readonly negative: number;
  readonly misses: number;
  /** Somebody else in this process was on it already. */
  readonly shared: number;
  readonly computes: number;
  readonly computeErrors: number;
  /** Calls of the store that failed or took longer than `storeTimeout`. */
  readonly storeErrors: number;
  /** What was found and could not be read. */
  readonly undecodable: number;
  /** `away`: the fallback stands in for the store. */
  readonly store: "up" | "away";
}

/** Values by key, computed once for all who ask at the same time. */
export interface Cache<V = unknown> extends AsyncDisposable {
  readonly name: string;
  readonly stats: CacheStats;
  /** The value while it is fresh; undefined for what is not there, and for what is known not to be there. Never rejects because of the store. */
  get<T = V>(key: string, options?: { signal?: AbortSignal }): Promise<T | undefined>;
  /** `undefined` says: known not to be there, for `negativeTtl`. Resolves when the store has it, and after `storeTimeout` at the latest; with tags, after twice that. */
  set(key: string, value: V | undefined, options?: EntryOptions): Promise<void>;
  /**
   * From now on what was there is not given out here; and nowhere, when the store has confirmed it. Work that is under way for the key is not kept. While the store is away
   * the deletion is remembered, and carried out when it is back.
   */
  delete(...keys: readonly string[]): Promise<void>;
  /** The same for all entries with one of these tags, whoever has stored them, and for work under way for them in any process. */
  invalidate(...tags: readonly string[]): Promise<void>;
  /**
   * The value, or what `compute` resolves with, which is then kept: `undefined` for `negativeTtl`, anything else for `ttl`. Of all who ask at once, one computes.
   * @throws what `compute` throws, unless a stale value stands in for it · the signal's reason · PoolError `INVALID_ARGUMENT`
   */
  getOrCompute<T extends V | undefined = V>(
    key: string,
    compute: (context: ComputeContext) => T | PromiseLike<T>,
    options?: ComputeOptions,
  ): Promise<T>;
  /**
   * Calls off what goes on in the background, and waits until what is computed already is kept: a few `storeTimeout` at most, and for its lock to be let go of where
   * there is one. Idempotent; never rejects.
   */
  close(): Promise<void>;
}
