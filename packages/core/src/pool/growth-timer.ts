import type { Clock, Timer } from "../time.js";

/** The one timer after which a pool looks again whether more may be opened. It holds the process only while somebody wants that. */
export class GrowthTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #timer: Timer | undefined;
  #firesAt = Infinity;
  #held = false;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Fires then, or earlier if that was asked for before. */
  include(at: number, now: number, wanted: boolean): void {
    if (at === Infinity) return;
    if (at >= this.#firesAt) {
      if (wanted) this.#hold();
      return;
    }
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#firesAt = at;
    this.#held = wanted;
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#firesAt = Infinity;
        this.#held = false;
        this.#onDue();
      },
      Math.max(1, at - now),
    );
    if (!wanted) this.#timer.unref();
  }

  /** Nobody wants it any more: the timer stays, and no longer keeps the process. */
  rest(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#timer?.unref();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAt = Infinity;
    this.#held = false;
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#timer?.ref();
  }
}
