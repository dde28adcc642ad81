import { BackOff, LONGEST_PAUSE } from "../back-off.js";
import type { ResolvedPoolOptions } from "./options.js";
import { Trouble } from "./trouble.js";

/** The longest pause, in ms, while the backend is there and the line to it is cut: what refuses now may take the next one. */
const LONGEST_WHILE_CUT = 100;

/**
 * When the next connect may start: with the pauses of {@link BackOff}, at most 400 ms while somebody wants a connection and 5 s otherwise, and in
 * {@link Trouble} not more often than that allows either.
 */
export class Growth {
  readonly #maxConnecting: number;
  readonly #backOff: BackOff;
  readonly #trouble: Trouble;
  #lastStartAt = -Infinity;

  constructor({ maxConnecting, random }: Pick<ResolvedPoolOptions, "maxConnecting" | "random">) {
    this.#maxConnecting = maxConnecting;
    this.#backOff = new BackOff({ random });
    this.#trouble = new Trouble(random);
  }

  get failures(): number {
    return this.#backOff.failures;
  }

  get lastError(): unknown {
    return this.#backOff.lastError;
  }

  /** Too many failures in a row to go on waiting, should nothing be open. */
  isDown(now: number): boolean {
    return this.#backOff.down && !this.#trouble.isCut(now);
  }

  /** After so long a connect no longer keeps another from being tried, in ms. */
  get slowAfter(): number {
    return this.#backOff.slowAfter;
  }

  /** So many connects start. Pauses run from here and not from a failure: many that hang and fail in turn would put off the next for ever. */
  started(count: number, now: number): void {
    this.#lastStartAt = now;
    this.#trouble.started(count, now);
  }

  /**
   * A resource has died. Connects that succeed are no sign of health while what they open does not live.
   * @param worked it was good for something until then
   */
  died(openedAt: number, now: number, worked: boolean): void {
    this.#trouble.died(openedAt, now, worked);
  }

  failed(error: unknown, now: number): void {
    this.#backOff.failed(error);
    this.#trouble.failed(now);
  }

  /** A connect has succeeded. */
  opened(now: number): void {
    this.#trouble.opened(now);
  }

  /** What was opened is good for something, as far as is known: no failure before it counts. */
  succeeded(): void {
    this.#backOff.succeeded();
  }

  /** A caller may have mended the cause (a changed credential): try at once. */
  forgive(): void {
    this.#lastStartAt = -Infinity;
    this.#trouble.clear();
  }

  /** When the pause after the last start ends, if connects fail or what they open dies young. */
  pauseEndsAt(wanted: boolean, now: number): number {
    const rest = this.#trouble.nextAt(now);
    if (this.failures === 0) return rest;
    const longest = this.#trouble.isCut(now)
      ? LONGEST_WHILE_CUT
      : wanted
        ? LONGEST_PAUSE.wanted
        : LONGEST_PAUSE.unwanted;
    return Math.max(rest, this.#lastStartAt + this.#backOff.pause(longest));
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
    const pauseEnd = this.pauseEndsAt(wanted, now);
    if (now < pauseEnd) return { starts: 0, askAgainAt: pauseEnd };
    const { count, until } = this.young(startedAt, now);
    const limit = this.failures > 0 ? 1 : this.#maxConnecting;
    return { starts: Math.max(0, Math.min(limit - count, this.#trouble.freeAt(now))), askAgainAt: until };
  }

  /** When to look again after one that starts now: it may hang, or only the rate may have kept others from starting with it. */
  looksAgainAt(now: number): number {
    const slow = now + this.slowAfter;
    return this.#trouble.isNow(now) ? Math.min(slow, Math.max(now, this.#trouble.nextAt(now))) : slow;
  }
}
