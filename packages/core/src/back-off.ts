const FIRST_PAUSE = 50;
/** So many failures in a row, and whoever waits is told instead of waiting on. */
const FAILURES_UNTIL_DOWN = 3;
/** An attempt that takes longer no longer keeps others from being tried: it may hang, and the backend be back meanwhile. */
const SLOW = 1_000;
const SLOW_WHILE_FAILING = 400;

/** The longest pauses that are usual in @pool, in ms: while somebody waits for the backend, and while nobody does. */
export const LONGEST_PAUSE = { wanted: 400, unwanted: 5_000 } as const;

export interface BackOffOptions {
  /** Gives numbers from 0 to 1, for the jitter. */
  readonly random: () => number;
  /** The pause after the first failure, in ms; each further one doubles it. @default 50 */
  readonly first?: number | undefined;
}

/**
 * How long to pause between attempts that fail: pauses double, each shortened by up to half at random so that many processes do not come back at
 * once (the "full jitter" family of back-off, halved so that a pause is never nothing). It keeps no time: who uses it knows from when a pause runs.
 */
export class BackOff {
  readonly #random: () => number;
  readonly #first: number;
  #failures = 0;
  #lastError: unknown;
  #share = 1;
  #doubted = false;

  constructor({ random, first = FIRST_PAUSE }: BackOffOptions) {
    this.#random = random;
    this.#first = first;
  }

  /** In a row. */
  get failures(): number {
    return this.#failures;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** Three failures in a row or more: enough to tell those who wait. */
  get down(): boolean {
    return this.#failures >= FAILURES_UNTIL_DOWN;
  }

  /** After so long, in ms, an attempt under way no longer keeps another from being tried. */
  get slowAfter(): number {
    return this.#failures > 0 || this.#doubted ? SLOW_WHILE_FAILING : SLOW;
  }

  /** What worked has been lost: until something succeeds an attempt under way is not waited for as long as usual, since it may meet the same. */
  doubt(): void {
    this.#doubted = true;
  }

  failed(error: unknown): void {
    this.#failures++;
    this.#lastError = error;
    this.#share = 1 - this.#random() / 2;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#doubted = false;
    this.#lastError = undefined;
  }

  /** The pause before the next attempt, in ms; 0 while nothing has failed. The same however often it is asked for. */
  pause(longest: number): number {
    if (this.#failures === 0) return 0;
    return Math.min(this.#first * 2 ** Math.min(this.#failures - 1, 20), longest) * this.#share;
  }
}
