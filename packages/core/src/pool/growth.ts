import { BackOff, LONGEST_PAUSE } from "../back-off.js";
import { ConnectRate } from "../connect-rate.js";
import { Mortality } from "./mortality.js";
import type { ResolvedPoolOptions } from "./options.js";

/** A connect that had to wait starts up to so much later, in ms: what cuts connections every tenth of a second must not meet each of them at its beginning. */
const JITTER = 50;
/** For so long, in ms, the death of a resource that worked says that the backend is there, and high mortality is remembered. */
const TROUBLE = 1_000;
/** The longest pause, in ms, while that is so: what refuses now may take the next one. */
const LONGEST_WHILE_CUT = 100;

/**
 * When the next connect may start: with the pauses of {@link BackOff}, at most 400 ms while somebody wants a connection and 5 s otherwise. While most of
 * what was opened dies young, not more often than {@link ConnectRate} allows either; and where it was good for something until then, the backend is there, and
 * connects that fail as well are no outage.
 */
export class Growth {
  readonly #maxConnecting: number;
  readonly #backOff: BackOff;
  readonly #random: () => number;
  readonly #mortality = new Mortality();
  /** Counts only while mortality is high, and a second longer: of a line that is cut now and then it may not begin anew each time. */
  readonly #rate = new ConnectRate();
  #countsUntil = -Infinity;
  #lastStartAt = -Infinity;
  #restsUntil = -Infinity;
  #lastWorkedAt = -Infinity;

  constructor({ maxConnecting, random }: Pick<ResolvedPoolOptions, "maxConnecting" | "random">) {
    this.#maxConnecting = maxConnecting;
    this.#backOff = new BackOff({ random });
    this.#random = random;
  }

  get failures(): number {
    return this.#backOff.failures;
  }

  get lastError(): unknown {
    return this.#backOff.lastError;
  }

  /** Too many failures in a row to go on waiting, should nothing be open. */
  isDown(now: number): boolean {
    return this.#backOff.down && !this.#isCut(now);
  }

  /** After so long a connect no longer keeps another from being tried, in ms. */
  get slowAfter(): number {
    return this.#backOff.slowAfter;
  }

  /** So many connects start. Pauses run from here and not from a failure: many that hang and fail in turn would put off the next for ever. */
  started(count: number, now: number): void {
    this.#lastStartAt = now;
    if (now >= this.#countsUntil) return;
    for (let i = 0; i < count; i++) this.#rate.add(now);
    this.#restsUntil = this.#rate.nextAt > now ? this.#rate.nextAt + JITTER * this.#random() : now;
  }

  /**
   * A resource has died. Connects that succeed are no sign of health while what they open does not live.
   * @param worked it was good for something until then
   */
  died(openedAt: number, now: number, worked: boolean): void {
    if (worked) this.#lastWorkedAt = now;
    this.#mortality.died(openedAt, now);
    if (!this.#mortality.isHigh(now)) return;
    if (now >= this.#countsUntil) {
      this.#rate.clear();
      this.#restsUntil = -Infinity;
    }
    this.#countsUntil = now + TROUBLE;
  }

  failed(error: unknown): void {
    this.#backOff.failed(error);
  }

  /** A connect has succeeded. */
  opened(now: number): void {
    this.#mortality.opened(now);
  }

  /** What was opened is good for something, as far as is known: no failure before it counts. */
  succeeded(): void {
    this.#backOff.succeeded();
  }

  /** A caller may have mended the cause (a changed credential): try at once. */
  forgive(): void {
    this.#lastStartAt = -Infinity;
    this.#mortality.clear();
    this.#countsUntil = -Infinity;
  }

  /** When the pause after the last start ends, if connects fail or what they open dies young. */
  pauseEndsAt(wanted: boolean, now: number): number {
    const rest = this.#mortality.isHigh(now) ? this.#restsUntil : -Infinity;
    if (this.failures === 0) return rest;
    const longest = this.#isCut(now) ? LONGEST_WHILE_CUT : wanted ? LONGEST_PAUSE.wanted : LONGEST_PAUSE.unwanted;
    return Math.max(rest, this.#lastStartAt + this.#backOff.pause(longest));
  }

  /** Connects succeed, and what they open works until it is cut. */
  #isCut(now: number): boolean {
    return now - this.#lastWorkedAt < TROUBLE && this.#mortality.isHigh(now);
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
    const free = this.#mortality.isHigh(now) ? this.#rate.freeAt(now) : Infinity;
    return { starts: Math.max(0, Math.min(limit - count, free)), askAgainAt: until };
  }

  /** When to look again after one that starts now: it may hang, or only the rate may have kept others from starting with it. */
  looksAgainAt(now: number): number {
    const slow = now + this.slowAfter;
    return this.#mortality.isHigh(now) ? Math.min(slow, Math.max(now, this.#restsUntil)) : slow;
  }
}
