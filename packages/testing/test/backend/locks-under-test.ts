import { createLock, memoryLockStore, type LockStore, type ManagedLock } from "@pool/core";
import type { LockUnderTest } from "../../src/index.js";

/** What the locks of one backend do differently from good ones. Asked each time that a client is made. */
export interface LockChange {
  store?(good: LockStore, world: World): Partial<LockStore>;
  lock?(good: ManagedLock): Partial<ManagedLock>;
}

/** What the clients of one backend share. */
export interface World {
  isSilent: boolean;
  readonly owners: Map<string, Set<string>>;
}

const TTL = 300;

/** Locks in memory, of any number of clients of one backend, which can fall silent. */
export function locksUnderTest(change: LockChange = {}, patience = 5_000): LockUnderTest {
  const world: World = { isSilent: false, owners: new Map() };
  const backend = memoryLockStore();
  const client = (): LockStore => {
    const good = fallible(backend, world);
    return { ...good, ...change.store?.(good, world) };
  };
  return {
    ttl: TTL,
    patience,
    store: () => ({ made: client() }),
    lock() {
      const good = createLock(client());
      return { made: withChange(good, change.lock?.(good) ?? {}) };
    },
    async deleteKey(key) {
      for (const owner of world.owners.get(key) ?? []) await backend.drop(key, owner, new AbortController().signal);
    },
    silence: () => (world.isSilent = true),
    heal: () => (world.isSilent = false),
  };
}

/** A store whose calls reject when they are aborted, and are never answered while all is silent. */
function fallible(backend: LockStore, world: World): LockStore {
  const call = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    if (!world.isSilent) return await work();
    return await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
  };
  return {
    kind: "memory",
    take: (key, owner, ttl, signal) =>
      call(signal, () => {
        world.owners.set(key, (world.owners.get(key) ?? new Set()).add(owner));
        return backend.take(key, owner, ttl, signal);
      }),
    renew: (key, owner, ttl, signal) => call(signal, () => backend.renew(key, owner, ttl, signal)),
    drop: (key, owner, signal) => call(signal, () => backend.drop(key, owner, signal)),
    untilFree: (key, signal) => call(signal, async () => backend.untilFree?.(key, signal)),
  };
}

function withChange(good: ManagedLock, change: Partial<ManagedLock>): ManagedLock {
  return {
    kind: good.kind,
    acquire: (...input) => good.acquire(...input),
    tryAcquire: (...input) => good.tryAcquire(...input),
    use: (...input) => good.use(...input),
    held: () => good.held(),
    close: (...input) => good.close(...input),
    [Symbol.asyncDispose]: () => good.close(),
    ...change,
  };
}
