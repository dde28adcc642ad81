/**
 * Where entries are kept, as texts under keys. A store need bound none of its calls: the cache waits for each at most `storeTimeout`, and aborts its signal
 * then. It may forget anything at any time, and must not keep anything longer than its ttl.
 */
export interface CacheStore {
  /** As events name it. */
  readonly name: string;
  /** The texts under these keys, in their order; undefined for what is not there. */
  get(keys: readonly string[], signal: AbortSignal): Promise<readonly (string | undefined)[]>;
  /** @param ttl in ms, a whole number above 0 */
  set(key: string, text: string, ttl: number, signal: AbortSignal): Promise<unknown>;
  /** Stores the text unless something is there. Resolves with what is there then. @throws PoolError `WRONG_TYPE` when that is no text */
  add(key: string, text: string, ttl: number, signal: AbortSignal): Promise<string>;
  /** Keeps what is there under these keys for at least `ttl` ms from now, and shortens nothing. What is not there is left so. */
  extend(keys: readonly string[], ttl: number, signal: AbortSignal): Promise<unknown>;
  delete(keys: readonly string[], signal: AbortSignal): Promise<unknown>;
}
