import type { Clock, Timer } from "../time.js";

// A scan of the queue is linear in its length, so scans are at least this far apart; a timeout may be late by as much.
const SCAN_EVERY = 10;

/** One timer for all deadlines of a pool: it runs for the earliest, and holds the process only while somebody waits. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #timer: Timer | undefined;
  #firesAt = Infinity;
  #held = true;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** There is a waiter with this deadline. */
  include(deadline: number, now: number): void {
    if (!this.#held) this.#hold(true);
    if (deadline < this.#firesAt) this.#start(deadline, now);
  }

  /** After a scan: the earliest deadline that is left. */
  continueFrom(earliest: number, now: number): void {
    if (earliest < this.#firesAt) this.#start(Math.max(earliest, now + SCAN_EVERY), now);
  }

  /** Nobody waits any more: the timer stays, and no longer keeps the process. */
  rest(): void {
    if (this.#held) this.#hold(false);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  #start(at: number, now: number): void {
    this.stop();
    if (at === Infinity) return;
    this.#firesAt = at;
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#firesAt = Infinity;
        this.#onDue();
      },
      Math.max(0, at - now),
    );
    if (!this.#held) this.#timer.unref();
  }

  #hold(held: boolean): void {
    this.#held = held;
    if (held) this.#timer?.ref();
    else this.#timer?.unref();
  }
}
