import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HeldLock, LockHeldElsewhere, LockStore, LockTaken, ManagedLock } from "@pool/core";
import { keep, outcomeOf, works } from "../broken-promise.js";
import type { LockHook, LockUnderTest, Made } from "./lock-under-test.js";

/** One promise about locks, and how it is checked. */
export interface LockCheck {
  /** The promise, as a sentence. */
  readonly promise: string;
  readonly needs: readonly LockHook[];
  /** It looks at what all the others have left. */
  readonly isLast?: boolean;
  /** Rejects when the promise is broken, with what was seen instead. */
  run(bench: LockBench): Promise<void>;
}

// What a slow machine may add to a wait that has an end.
const SLACK = 1_500;

export function doGrow(tokens: readonly bigint[]): boolean {
  return tokens.every((token, i) => i === 0 || token > (tokens[i - 1] ?? 0n));
}

/** What one check works on: makes clients and puts them away, and names keys that nobody else has. */
export class LockBench {
  readonly under: LockUnderTest;
  readonly patience: number;
  readonly ttl: number;
  readonly slack = SLACK;
  readonly #putAways: (() => unknown)[] = [];

  constructor(under: LockUnderTest) {
    this.under = under;
    this.patience = under.patience ?? 5_000;
    this.ttl = under.ttl ?? 500;
  }

  defer(putAway: () => unknown): void {
    this.#putAways.push(putAway);
  }

  async putAway(): Promise<void> {
    for (const putAway of this.#putAways.splice(0).reverse())
      await outcomeOf("putting away", this.patience, putAway).catch(() => undefined);
  }

  key(what = "key"): string {
    return `${what}-${randomUUID()}`;
  }

  async store(): Promise<LockStore> {
    return this.#made(await this.under.store());
  }

  async lock(): Promise<ManagedLock> {
    const lock = this.#made(await this.under.lock());
    this.defer(() => lock.close({ timeout: 500 }));
    return lock;
  }

  /** One call of the store, which must answer. */
  async take(store: LockStore, key: string, owner: string, ttl = 60_000): Promise<LockTaken | LockHeldElsewhere> {
    this.defer(() => store.drop(key, owner, AbortSignal.timeout(this.patience)));
    return await works("take", this.patience, () => store.take(key, owner, ttl, AbortSignal.timeout(this.patience)));
  }

  /** A take that must be given. */
  async taken(store: LockStore, key: string, owner: string, ttl?: number): Promise<bigint> {
    const { token } = await this.take(store, key, owner, ttl);
    keep(typeof token === "bigint", `take of a free key resolved with token ${String(token)}`);
    return token;
  }

  async renew(store: LockStore, key: string, owner: string, ttl = 60_000): Promise<boolean> {
    return await works("renew", this.patience, () => store.renew(key, owner, ttl, AbortSignal.timeout(this.patience)));
  }

  async drop(store: LockStore, key: string, owner: string): Promise<void> {
    await works("drop", this.patience, () => store.drop(key, owner, AbortSignal.timeout(this.patience)));
  }

  async acquire(lock: ManagedLock, key: string, ttl = this.ttl): Promise<HeldLock> {
    const held = await works("acquire", this.patience, () => lock.acquire(key, { ttl, timeout: this.patience }));
    this.defer(() => held.release());
    return held;
  }

  /** Fails unless `lost` is aborted within the ttl of the lock. */
  async isTold(lost: AbortSignal, since: number, ttl: number): Promise<void> {
    const deadline = since + ttl + this.slack;
    while (!lost.aborted && performance.now() < deadline) await sleep(5);
    keep(
      lost.aborted,
      `the loss had not been told ${String(Math.round(performance.now() - since))} ms after it, with a ttl of ${String(ttl)} ms`,
    );
    const { code } = lost.reason as { code?: unknown };
    keep(code === "LOCK_LOST", `lost was aborted with ${String(lost.reason)}`);
  }

  #made<T>({ made, dispose }: Made<T>): T {
    if (dispose !== undefined) this.defer(() => dispose());
    return made;
  }
}
