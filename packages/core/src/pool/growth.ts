import { BackOff, LONGEST_PAUSE } from "../back-off.js";
import { ConnectRate } from "../connect-rate.js";
import type { ResolvedPoolOptions } from "./options.js";

/** A resource that dies within so many ms of its opening has died young. */
const YOUNG = 1_000;
/** For so long, in ms, after such a death there is trouble. */
const TROUBLE = 1_000;
/** A connect that had to wait starts up to so much later, in ms: what cuts connections every tenth of a second must not meet each of them at its beginning. */
const JITTER = 50;

/**
 * When the next connect may start: with the pauses of {@link BackOff}, at most 400 ms while somebody wants a connection and 5 s otherwise. While what
 * was opened dies young, as often as {@link ConnectRate} allows and no more: the backend is there, and a connect that fails as well says no more of it.
 */
export class Growth {
  readonly #maxConnecting: number;
  readonly #backOff: BackOff;
  readonly #random: () => number;
  /** Counts only while there is trouble. */
  readonly #rate = new ConnectRate();
  #lastStartAt = -Infinity;
  #restsUntil = -Infinity;
  #lastDiedYoungAt = -Infinity;

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
    return this.#backOff.down && !this.#inTrouble(now);
  }

  /** After so long a connect no longer keeps another from being tried, in ms. */
  get slowAfter(): number {
    return this.#backOff.slowAfter;
  }

  /** So many connects start. Pauses run from here and not from a failure: many that hang and fail in turn would put off the next for ever. */
  started(count: number, now: number): void {
    this.#lastStartAt = now;
    if (!this.#inTrouble(now)) return;
    for (let i = 0; i < count; i++) this.#rate.add(now);
    this.#restsUntil = this.#rate.nextAt > now ? this.#rate.nextAt + JITTER * this.#random() : now;
  }

  /** A resource that worked has died. Connects that succeed are no sign of health while what they open does not live. */
  died(openedAt: number, now: number): void {
    if (now - openedAt >= YOUNG) return;
    if (!this.#inTrouble(now)) this.#begin();
    this.#lastDiedYoungAt = now;
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
    this.#lastDiedYoungAt = -Infinity;
  }

  /** When the pause after the last start ends, if connects fail or die young. */
  pauseEndsAt(wanted: boolean, now: number): number {
    if (this.#inTrouble(now)) return this.#restsUntil;
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
    const pauseEnd = this.pauseEndsAt(wanted, now);
    if (now < pauseEnd) return { starts: 0, askAgainAt: pauseEnd };
    const { count, until } = this.young(startedAt, now);
    const limit = this.failures > 0 ? 1 : this.#maxConnecting;
    const free = this.#inTrouble(now) ? this.#rate.freeAt(now) : Infinity;
    return { starts: Math.max(0, Math.min(limit - count, free)), askAgainAt: until };
  }

  #begin(): void {
    this.#rate.clear();
    this.#restsUntil = -Infinity;
  }

  #inTrouble(now: number): boolean {
    return now - this.#lastDiedYoungAt < TROUBLE;
  }
}
