import { createLock } from "./create-lock.js";
import type { LockHeldElsewhere, LockStore, LockTaken, ManagedLock } from "./lock.js";
import type { CreateLockOptions } from "./options.js";
import { systemClock, type Clock } from "../time.js";

/**
 * Locks within one process: for tests, and for a service of a single instance. Its tokens grow as long as the process lives.
 * @throws PoolError `INVALID_OPTIONS`
 */
export function createMemoryLock(options: CreateLockOptions = {}): ManagedLock {
  return createLock(memoryLockStore(options.clock), options);
}

interface Row {
  readonly owner: string;
  readonly token: bigint;
  until: number;
}

/** What {@link createMemoryLock} stands on. Several locks over one store exclude each other. */
export function memoryLockStore(clock: Clock = systemClock): LockStore {
  return new MemoryLockStore(clock);
}

class MemoryLockStore implements LockStore {
  readonly kind = "memory";
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #lastToken = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere> {
    signal.throwIfAborted();
    const row = this.#live(key);
    if (row !== undefined && row.owner !== owner) return { freeInMs: row.until - this.#clock.now() };
    const token = row?.token ?? ++this.#lastToken;
    this.#rows.set(key, { owner, token, until: this.#clock.now() + ttl });
    return { token };
  }

  async renew(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const row = this.#live(key);
    if (row?.owner !== owner) return false;
    row.until = this.#clock.now() + ttl;
    return true;
  }

  async drop(key: string, owner: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#rows.get(key)?.owner !== owner) return;
    this.#rows.delete(key);
    for (const tell of this.#waiting.get(key) ?? []) tell();
  }

  async untilFree(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#live(key) === undefined) return;
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const tell = (): void => resolve(undefined);
    waiting.add(tell);
    signal.addEventListener("abort", tell, { once: true });
    await promise;
    waiting.delete(tell);
    if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
  }

  #live(key: string): Row | undefined {
    const row = this.#rows.get(key);
    if (row === undefined || row.until > this.#clock.now()) return row;
    this.#rows.delete(key);
    return undefined;
  }
}
