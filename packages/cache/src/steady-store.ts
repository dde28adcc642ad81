import { isPoolError, PoolError, withTimeout } from "@pool/core";
import { Budget } from "./budget.js";
import { type Change, Changes } from "./changes.js";
import type { Counters } from "./counters.js";
import { Deletions } from "./deletions.js";
import { Fallback } from "./fallback.js";
import { Outage } from "./outage.js";
import type { CacheSettings } from "./settings.js";
import type { CacheStore } from "./store.js";

const REPLAYED_AT_ONCE = 500;
/** So much longer than an entry its stamps live, in ms. */
const LONGER = 1_000;

type StoreCall<T> = (store: CacheStore, signal: AbortSignal) => Promise<T>;

/**
 * A store that never rejects and never takes longer than it may. After three failures in a row the fallback stands in for it, and it is probed in the
 * background until it answers. What was deleted meanwhile is deleted there before it counts again. Changes of one key are made in the order of their calls.
 */
export class SteadyStore {
  readonly #settings: CacheSettings;
  readonly #counters: Counters;
  readonly #deleted = new Deletions();
  readonly #outage: Outage;
  readonly #fallback: Fallback;
  readonly #changes: Changes;

  constructor(settings: CacheSettings, counters: Counters) {
    this.#settings = settings;
    this.#counters = counters;
    this.#outage = new Outage(settings, () => this.#probe());
    this.#fallback = new Fallback(settings, () => this.#outage.number);
    this.#changes = new Changes(settings.clock, () => {
      if (this.#deleted.size > 0) this.#outage.probeSoon();
    });
  }

  get isAway(): boolean {
    return this.#outage.isAway;
  }

  async get(keys: readonly string[], budget: Budget): Promise<readonly (string | undefined)[]> {
    const texts = await this.#try((store, signal) => store.get(keys, signal), budget.left);
    if (texts !== undefined) return texts.map((text, i) => (this.#deleted.has(keys[i] ?? "") ? undefined : text));
    return await this.#fallback.get(keys);
  }

  /** @param stamps keys that it needs, and that are to live longer */
  async set(key: string, text: string, ttl: number, stamps: readonly string[]): Promise<void> {
    const life = Math.max(1, Math.ceil(ttl));
    using change = this.#changes.begin([key]);
    const isDone = await this.#inTurn(change, async (store, signal) => {
      const extended = stamps.length > 0 ? store.extend(stamps, life + LONGER, signal) : undefined;
      await change.follow(Promise.all([extended, store.set(key, text, life, signal)]), life);
    });
    if (isDone && !this.#changes.isOpen(key)) this.#deleted.done([key], change.number);
    else this.#doubt([key], change.number); // what is there is older, or may yet be
    // The fallback may have something older.
    if ((isDone && !this.isAway) || !this.#changes.isNewest(change)) return;
    await this.#fallback.set(key, text, ttl);
  }

  async add(key: string, text: string, ttl: number, budget: Budget): Promise<string> {
    using change = this.#changes.begin([key]);
    const there = this.#deleted.has(key)
      ? undefined
      : await this.#try(
          (store, signal) => change.follow(store.add(key, text, Math.ceil(ttl), signal), ttl),
          budget.left,
        );
    return there ?? (await this.#fallback.add(key, text, ttl)) ?? text;
  }

  async delete(keys: readonly string[]): Promise<void> {
    using change = this.#changes.begin(keys);
    this.#deleted.add(keys, change.number);
    await this.#fallback.delete(keys);
    const isDone = await this.#inTurn(change, (store, signal) => store.delete(keys, signal));
    if (isDone) {
      const closed = keys.filter((key) => !this.#changes.isOpen(key)); // the others are deleted again when they have landed
      this.#deleted.done(closed, change.number);
    } else this.#doubt(keys, change.number);
  }

  close(): void {
    this.#outage.close();
  }

  #doubt(keys: readonly string[], number: number): void {
    this.#deleted.add(keys, number);
    this.#outage.probeSoon();
  }

  /** Whether the store has confirmed the change. All of it, the wait for its turn as well, is over within `storeTimeout`. */
  async #inTurn(change: Change, call: StoreCall<unknown>): Promise<boolean> {
    const { clock, storeTimeout } = this.#settings;
    const budget = new Budget(clock, storeTimeout);
    await change.turn;
    if (budget.left < storeTimeout / 2) return false; // too little to blame the store for
    const done = this.#try(async (store, signal) => {
      await call(store, signal);
      return true;
    }, budget.left);
    return (await done) === true;
  }

  /** What the store answers; undefined when it is away, fails, or takes longer than `ms`. */
  async #try<T>(call: StoreCall<T>, ms: number): Promise<T | undefined> {
    if (this.#outage.isAway || ms <= 0) return undefined;
    try {
      const answer = await this.#call(ms, call);
      this.#outage.answered();
      return answer;
    } catch (error) {
      this.#counters.storeErrors++;
      if (!isPoolError(error, "WRONG_TYPE")) this.#outage.failed(error); // else it is there
      return undefined;
    }
  }

  #call<T>(ms: number, call: StoreCall<T>): Promise<T> {
    const { clock, store, name } = this.#settings;
    const late = (): Error =>
      new PoolError(
        "COMMAND_TIMEOUT",
        `cache ${JSON.stringify(name)}: ${store.name} did not answer within ${String(Math.ceil(ms))} ms`,
      );
    return withTimeout(clock, ms, late, async (signal) => call(store, signal));
  }

  /** Is it there again? Then it first hears what was deleted, but for what is still being written: that settles first. */
  async #probe(): Promise<void> {
    const { storeTimeout, prefix } = this.#settings;
    await this.#call(storeTimeout, (store, signal) => store.get([`${prefix}probe`], signal));
    const next = () => this.#deleted.first(REPLAYED_AT_ONCE, (key) => !this.#changes.isOpen(key));
    for (let some = next(); some.length > 0; some = next()) {
      const keys = some.map(({ key }) => key);
      await this.#call(storeTimeout, (store, signal) => store.delete(keys, signal));
      for (const { key, number } of some) this.#deleted.done([key], number);
    }
  }
}
