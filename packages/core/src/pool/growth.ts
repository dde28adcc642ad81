import { BackOff, LONGEST_PAUSE } from "../back-off.js";
import type { ResolvedPoolOptions } from "./options.js";

/**
 * When the next connect may start: with the pauses of {@link BackOff}, at most 400 ms while somebody wants a connection and 5 s otherwise.
 */
export class Growth {
  readonly #maxConnecting: number;
  readonly #backOff: BackOff;
  #lastStartAt = -Infinity;

  constructor({ maxConnecting, random }: Pick<ResolvedPoolOptions, "maxConnecting" | "random">) {
    this.#maxConnecting = maxConnecting;
    this.#backOff = new BackOff({ random });
  }

  get failures(): number {
    return this.#backOff.failures;
  }

  get lastError(): unknown {
    return this.#backOff.lastError;
  }

  /** Too many failures in a row to go on waiting, should nothing be open. */
  get down(): boolean {
    return this.#backOff.down;
  }

  /** After so long a connect no longer keeps another from being tried, in ms. */
  get slowAfter(): number {
    return this.#backOff.slowAfter;
  }

  /** A connect starts. Pauses run from here and not from its failure: many that hang and fail in turn would put off the next for ever. */
  started(now: number): void {
    this.#lastStartAt = now;
  }

  failed(error: unknown): void {
    this.#backOff.failed(error);
  }

  succeeded(): void {
    this.#backOff.succeeded();
  }

  /** A caller may have mended the cause (a changed credential): try at once. */
  forgive(): void {
    this.#lastStartAt = -Infinity;
  }

  /** When the pause after the last start ends, if connects fail. */
  pauseEndsAt(wanted: boolean): number {
    if (this.failures === 0) return -Infinity;
    return this.#lastStartAt + this.#backOff.pause(wanted ? LONGEST_PAUSE.wanted : LONGEST_PAUSE.unwanted);
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
    const limit = this.failures > 0 ? 1 : this.#maxConnecting;
    return { starts: Math.max(0, limit - count), askAgainAt: until };
  }
}
