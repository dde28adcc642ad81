import { type Clock, type Timer } from "@pool/core";

/** Times closer together than this share one look. */
const GRAIN = 4;

/** One timer for everything that depends on time. It fires when the first of it may be due. */
export class Watch {
  readonly #clock: Clock;
  /** Looks at everything, and says when to look again. */
  readonly #look: (now: number) => number;
  #timer: Timer | undefined;
  #dueAt = Infinity;

  constructor(clock: Clock, look: (now: number) => number) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Something may be due at that time. */
  expect(at: number): void {
    if (at >= this.#dueAt) return;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    const now = this.#clock.now();
    this.#dueAt = Math.max(at, now + GRAIN);
    this.#timer = this.#clock.setTimeout(this.#fire, this.#dueAt - now);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#dueAt = -Infinity;
  }

  readonly #fire = (): void => {
    const now = this.#clock.now();
    this.#timer = undefined;
    this.#dueAt = Infinity;
    const next = this.#look(now);
    if (next !== Infinity) this.expect(next);
  };
}
