import { memoryLockStore } from "../../src/lock/memory.js";
import type { LockHeldElsewhere, LockStore, LockTaken } from "../../src/lock/lock.js";
import type { ManualClock } from "./manual-clock.js";

type Call = "take" | "renew" | "drop";

/** How one call fares: it is carried out after `there` ms and answered after another `back`, unless the answer is lost. */
export interface Way {
  readonly there?: number;
  readonly back?: number;
  /** `request` never arrives, `reply` is carried out and never answered; both reject after so many ms, or never. */
  readonly lost?: "request" | "reply";
  readonly rejectsAfter?: number;
}

/** One process's line to a store that others use as well. */
export class FakeLockStore implements LockStore {
  readonly kind = "fake";
  readonly calls: string[] = [];
  /** How the next call of that kind fares, and all after it until it is set again. */
  way: (call: Call, key: string) => Way = () => ({});
  /** Without it, `untilFree` is left out. */
  readonly untilFree?: (key: string, signal: AbortSignal) => Promise<void>;
  readonly #store: LockStore;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock, store: LockStore = memoryLockStore(clock), tells = false) {
    this.#clock = clock;
    this.#store = store;
    if (tells) this.untilFree = (key, signal) => this.#store.untilFree!(key, signal);
  }

  take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere> {
    return this.#call("take", key, signal, () => this.#store.take(key, owner, ttl, signal));
  }

  renew(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<boolean> {
    return this.#call("renew", key, signal, () => this.#store.renew(key, owner, ttl, signal));
  }

  drop(key: string, owner: string, signal: AbortSignal): Promise<void> {
    return this.#call("drop", key, signal, () => this.#store.drop(key, owner, signal));
  }

  count(call: Call): number {
    return this.calls.filter((one) => one.startsWith(`${call} `)).length;
  }

  /** As a driver does: an abort rejects the call, and what was sent is carried out all the same. */
  #call<T>(call: Call, key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.calls.push(`${call} ${key}`);
    const { there = 0, back = 0, lost, rejectsAfter } = this.way(call, key);
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      if (rejectsAfter !== undefined) this.#after(rejectsAfter, () => reject(new Error("the line is cut")));
      if (lost === "request") return;
      this.#after(there, () => {
        const done = work();
        if (lost === undefined) done.then((value) => this.#after(back, () => resolve(value)), reject);
        else done.catch(reject);
      });
    });
  }

  #after(ms: number, then: () => void): void {
    if (ms === 0) then();
    else this.#clock.setTimeout(then, ms);
  }
}
