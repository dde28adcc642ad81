import type { Asking } from "./asking.js";
import { Held } from "./held.js";
import { LettingGo } from "./letting-go.js";
import { Line } from "./line.js";
import type { LockClock } from "./lock-clock.js";
import type { LockStore } from "./lock.js";

/** A line of callers for each key, and what was given to those who had their turn. */
export class Turns {
  readonly #time: LockClock;
  readonly #ending: { readonly lettingGo: LettingGo; readonly releaseTimeout: number };
  readonly #lines = new Map<string, Line>();
  readonly #asking = new Set<Promise<unknown>>();
  readonly #held = new Set<Held>();

  constructor(store: LockStore, time: LockClock, releaseTimeout: number) {
    this.#time = time;
    this.#ending = { lettingGo: new LettingGo(store, time), releaseTimeout };
  }

  held(): readonly Held[] {
    return [...this.#held].filter((held) => held.isHeld());
  }

  /** Is somebody here asking for it, or has it? */
  isBusy(key: string): boolean {
    return this.#lines.get(key)?.isBusy === true;
  }

  /** Asks for it when it is the caller's turn, and ends that turn when the lock has ended, or was not given. */
  async take(asking: Asking, signal: AbortSignal): Promise<Held | undefined> {
    const { key } = asking.wanted;
    const line = this.#lines.get(key) ?? new Line();
    this.#lines.set(key, line);
    await line.enter(signal);
    let held: Held | undefined;
    try {
      const taken = await this.#whileAsking(asking.run(line, signal));
      if (taken !== undefined) {
        const { wanted, owner, isUncertain } = asking;
        held = new Held({ ...wanted, ...this.#ending, owner, isUncertain }, taken);
        this.#held.add(held);
      }
      return held;
    } finally {
      void this.#endTurn(key, line, asking, held);
    }
  }

  /** Loses what is held, and waits for the backend's word at most `ms`. Those who wait have been told before. Never rejects. */
  async end(ms: number): Promise<void> {
    for (const held of this.#held) held.lose("its client is closed");
    await Promise.allSettled(this.#asking); // each gives up at once
    await this.#ending.lettingGo.end(ms);
  }

  async #whileAsking<T>(asking: Promise<T>): Promise<T> {
    this.#asking.add(asking);
    try {
      return await asking;
    } finally {
      this.#asking.delete(asking);
    }
  }

  async #endTurn(key: string, line: Line, asking: Asking, held: Held | undefined): Promise<void> {
    await (held?.ended ?? this.#dropLeftBehind(asking));
    if (held !== undefined) this.#held.delete(held);
    line.leave(held !== undefined);
    if (!line.isBusy) this.#lines.delete(key);
  }

  /** Whoever is next asks when it is gone, or when that takes too long. */
  async #dropLeftBehind({ leftBehind }: Asking): Promise<void> {
    const { lettingGo, releaseTimeout } = this.#ending;
    if (leftBehind !== undefined)
      await this.#time.settled(lettingGo.drop(leftBehind), releaseTimeout, { background: true });
  }
}
