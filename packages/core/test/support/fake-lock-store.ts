import { memoryLockStore } from "../../src/lock/memory.js";
import type { LockHeldElsewhere, LockStore, LockTaken } from "../../src/lock/lock.js";
import type { ManualClock } from "./manual-clock.js";
import type { ProcessClock } from "./process-clock.js";

// What has been sent is carried out, whether its caller still waits or not.
const SENT = new AbortController().signal;

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
  readonly #owners = new Set<string>();

  readonly #process: ProcessClock | undefined;

  /** @param process whose replies it brings: none while that stands still */
  constructor(clock: ManualClock, store: LockStore = memoryLockStore(clock), tells = false, process?: ProcessClock) {
    this.#clock = clock;
    this.#store = store;
    this.#process = process;
    if (tells)
      this.untilFree = async (key, signal) => {
        await store.untilFree?.(key, signal);
        await process?.whenAwake();
      };
  }

  take(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<LockTaken | LockHeldElsewhere> {
    this.#owners.add(owner);
    return this.#call("take", key, signal, () => this.#store.take(key, owner, ttl, SENT));
  }

  renew(key: string, owner: string, ttl: number, signal: AbortSignal): Promise<boolean> {
    return this.#call("renew", key, signal, () => this.#store.renew(key, owner, ttl, SENT));
  }

  drop(key: string, owner: string, signal: AbortSignal): Promise<void> {
    return this.#call("drop", key, signal, () => this.#store.drop(key, owner, SENT));
  }

  /** Deletes the key, whoever has it: an operator's hand, or a lost write. */
  async steal(key: string): Promise<void> {
    for (const owner of this.#owners) await this.#store.drop(key, owner, new AbortController().signal);
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
      if (rejectsAfter !== undefined) this.#reply(rejectsAfter, () => reject(new Error("the line is cut")));
      if (lost === "request") return;
      this.#after(there, () => {
        const done = work();
        if (lost === undefined) done.then((value) => this.#reply(back, () => resolve(value)), reject);
        else done.catch(reject);
      });
    });
  }

  #reply(ms: number, then: () => void): void {
    if (this.#process === undefined) this.#after(ms, then);
    else if (ms === 0 && !this.#process.standsStill) then();
    else this.#process.setTimeout(then, ms);
  }

  #after(ms: number, then: () => void): void {
    if (ms === 0) then();
    else this.#clock.setTimeout(then, ms);
  }
}
