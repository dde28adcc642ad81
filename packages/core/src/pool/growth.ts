import type { ResolvedPoolOptions } from "./options.js";

const FIRST_PAUSE = 50;
const LONGEST_PAUSE_WANTED = 400;
const LONGEST_PAUSE_UNWANTED = 5_000;
/** So many failures in a row, with nothing open, and callers are told at once instead of waiting out their timeout. */
const FAILURES_UNTIL_DOWN = 3;
/** A connect that takes longer no longer keeps others from being tried: it may hang, and the backend be back meanwhile. */
const SLOW_CONNECT = 1_000;
const SLOW_CONNECT_WHILE_FAILING = 400;

/**
 * When the next connect may start: pauses that double from 50 ms, at most 400 ms while somebody wants a connection and 5 s otherwise, each
 * shortened by up to half at random so that many processes do not come back at once (the "full jitter" family of back-off, halved so that a
 * pause is never nothing).
 */
export class Growth {
  readonly #options: Pick<ResolvedPoolOptions, "maxConnecting" | "random">;
  #failures = 0;
  #lastError: unknown;
  #lastStartAt = -Infinity;
  #share = 1;

  constructor(options: Pick<ResolvedPoolOptions, "maxConnecting" | "random">) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** Too many failures in a row to go on waiting, should nothing be open. */
  get down(): boolean {
    return this.#failures >= FAILURES_UNTIL_DOWN;
  }

  /** After so long a connect no longer keeps another from being tried, in ms. */
  get slowAfter(): number {
    return this.#failures > 0 ? SLOW_CONNECT_WHILE_FAILING : SLOW_CONNECT;
  }

  /** A connect starts. Pauses run from here and not from its failure: many that hang and fail in turn would put off the next for ever. */
  started(now: number): void {
    this.#lastStartAt = now;
  }

  failed(error: unknown): void {
    this.#failures++;
    this.#lastError = error;
    this.#share = 1 - this.#options.random() / 2;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#lastError = undefined;
  }

  /** A caller may have mended the cause (a changed credential): try at once. */
  forgive(): void {
    this.#lastStartAt = -Infinity;
  }

  /** When the pause after the last start ends, if connects fail. */
  pauseEndsAt(wanted: boolean): number {
    if (this.#failures === 0) return -Infinity;
    const longest = wanted ? LONGEST_PAUSE_WANTED : LONGEST_PAUSE_UNWANTED;
    return this.#lastStartAt + Math.min(FIRST_PAUSE * 2 ** Math.min(this.#failures - 1, 20), longest) * this.#share;
  }

  /** How many of the connects under way are young enough to be counted on, and when the first of them no longer is. */
  young(startedAt: Iterable<number>, now: number): { readonly count: number; readonly until: number } {
    const slow = this.slowAfter;
    let count = 0;
    let until = Infinity;
    for (const start of startedAt) {
      if (now - start >= slow) continue;
      count++;
      until = Math.min(until, start + slow);
    }
    return { count, until };
  }

  /**
   * How many connects may start now, given when those under way started, and when to ask again if none may.
   * While connects fail, one at a time is tried.
   */
  allowance(
    startedAt: Iterable<number>,
    wanted: boolean,
    now: number,
  ): { readonly starts: number; readonly askAgainAt: number } {
    const pauseEnd = this.pauseEndsAt(wanted);
    if (now < pauseEnd) return { starts: 0, askAgainAt: pauseEnd };
    const { count, until } = this.young(startedAt, now);
    const limit = this.#failures > 0 ? 1 : this.#options.maxConnecting;
    return { starts: Math.max(0, limit - count), askAgainAt: until };
  }
}
