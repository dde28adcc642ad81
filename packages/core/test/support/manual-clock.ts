import type { Clock, Timer } from "../../src/time.js";

interface Due {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. Timers fire in the order of their times, then of their making. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Map<Timer, Due>();
  readonly #holding = new Set<Timer>();

  constructor(now = 1_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer: Timer = {
      ref: () => this.#holding.add(timer),
      unref: () => this.#holding.delete(timer),
    };
    this.#holding.add(timer);
    this.#timers.set(timer, { at: this.#now + Math.max(0, ms), order: this.#order++, callback });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer);
    this.#holding.delete(timer);
  }

  /** How many timers are set: a test that ends with some has leaked them. */
  get pending(): number {
    return this.#timers.size;
  }

  /** How many of them would keep a process from its end. */
  get holding(): number {
    return this.#holding.size;
  }

  /** Moves time on by `ms`, fires what falls due on the way, and lets promises settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      const [timer, due] = next;
      this.clearTimeout(timer);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** The same without waiting for promises: what synchronous code sees. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #nextUntil(end: number): [Timer, Due] | undefined {
    let first: [Timer, Due] | undefined;
    for (const candidate of this.#timers) {
      const [, due] = candidate;
      if (due.at > end) continue;
      if (first === undefined || due.at < first[1].at || (due.at === first[1].at && due.order < first[1].order))
        first = candidate;
    }
    return first;
  }
}

/** Lets every promise settle that can without a timer. */
export async function settle(): Promise<void> {
  // One turn of the loop runs the whole queue of promise callbacks; the second covers what immediates set off.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
