import type { Clock, Timer } from "../time.js";

const JITTER = 0.2;

/** The one timer of a keeper, and the jitter of its intervals. It lets an idle process exit. */
export class Schedule {
  readonly #clock: Clock;
  readonly #random: () => number;
  #timer: Timer | undefined;
  #since = -Infinity;
  #share = 1;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: () => number }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Intervals run from now, each with a jitter of its own. */
  restart(): void {
    this.#since = this.#clock.now();
    this.#share = 1 + JITTER * (2 * this.#random() - 1);
  }

  /** When an interval of `ms` ± 20 % is over: since `start`, or since the last restart. */
  after(ms: number, start = this.#since): number {
    return start + ms * this.#share;
  }

  /** Runs `work` at that time, in place of what was set before; never at Infinity. */
  at(time: number, work: () => void): void {
    this.clear();
    if (time === Infinity) return;
    this.#timer = this.#clock.setTimeout(work, Math.max(0, time - this.#clock.now()));
    this.#timer.unref();
  }

  clear(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
