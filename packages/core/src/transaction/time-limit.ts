import type { Clock, Timer } from "../time.js";

/** What may run for so long only. */
export interface Limited {
  dueAt: number;
  earlier: Limited | undefined;
  later: Limited | undefined;
  /** It has run for that long. */
  ranOut(): void;
}

/**
 * One timer for all that have the same limit: they come due in the order of their start, so that it has to run for the first one alone. A timer
 * for each statement costs as much as a look at the clock does ten times.
 */
export class TimeLimit {
  /** In ms. */
  readonly ms: number;
  readonly #clock: Clock;
  #first: Limited | undefined;
  #last: Limited | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  /** From now on. */
  start(limited: Limited): void {
    const now = this.#clock.now();
    limited.dueAt = now + this.ms;
    limited.earlier = this.#last;
    if (this.#last === undefined) this.#first = limited;
    else this.#last.later = limited;
    this.#last = limited;
    if (this.#timer === undefined) this.#wait(this.ms);
    else if (this.#first === limited) this.#timer.ref();
  }

  /** It has ended in time. Call it once, and not for one that ran out. */
  stop(limited: Limited): void {
    const { earlier, later } = limited;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    limited.earlier = undefined;
    limited.later = undefined;
    // The timer stays for those to come, and no longer keeps the process.
    if (this.#first === undefined) this.#timer?.unref();
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.setTimeout(this.#look, ms);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (let first = this.#first; first !== undefined && first.dueAt <= now; first = this.#first) {
      this.stop(first);
      first.ranOut();
    }
    this.#goOn(now);
  };

  #goOn(now: number): void {
    // One that ran out may have made room for another, whose start has set the timer.
    if (this.#first !== undefined && this.#timer === undefined) this.#wait(this.#first.dueAt - now);
  }
}
