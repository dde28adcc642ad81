import type { Clock } from "@pool/core";

/** The time that one read may spend on the store, over all of its calls. */
export class Budget {
  readonly #clock: Clock;
  readonly #until: number;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#until = clock.now() + ms;
  }

  get left(): number {
    return this.#until - this.#clock.now();
  }
}
