import { ConnectRate } from "../connect-rate.js";
import { Mortality } from "./mortality.js";

/** A connect that had to wait starts up to so much later, in ms: what cuts connections every tenth of a second must not meet each of them at its beginning. */
const JITTER = 50;
/** For so long, in ms, are remembered: high mortality, a failure, and the death of a resource that worked, which says that the backend is there. */
const MEMORY = 1_000;

/**
 * While most of what was opened dies young, connects may start as {@link ConnectRate} allows, those that fail counted twice; and so they may for a second
 * longer while connects fail. A line that flaps does both in turn.
 */
export class Trouble {
  readonly #random: () => number;
  readonly #mortality = new Mortality();
  /** Counts for a second longer than it is asked: on a line that is cut now and then it may not begin anew each time. */
  readonly #rate = new ConnectRate();
  #countsUntil = -Infinity;
  #restsUntil = -Infinity;
  #lastWorkedAt = -Infinity;
  #lastFailedAt = -Infinity;

  /** @param random gives numbers from 0 to 1, for the jitter */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** So many connects start. */
  started(count: number, now: number): void {
    if (now >= this.#countsUntil) return;
    for (let i = 0; i < count; i++) this.#rate.add(now);
    this.#restsUntil = this.#rate.nextAt > now ? this.#rate.nextAt + JITTER * this.#random() : now;
  }

  opened(now: number): void {
    this.#mortality.opened(now);
  }

  failed(now: number): void {
    this.#lastFailedAt = now;
    this.started(1, now); // once more: it was of no use
  }

  /** @param worked it was good for something until then */
  died(openedAt: number, now: number, worked: boolean): void {
    if (worked) this.#lastWorkedAt = now;
    this.#mortality.died(openedAt, now);
    if (!this.#mortality.isHigh(now)) return;
    if (now >= this.#countsUntil) {
      this.#rate.clear();
      this.#restsUntil = -Infinity;
    }
    this.#countsUntil = now + MEMORY;
  }

  isNow(now: number): boolean {
    return this.#mortality.isHigh(now) || (now < this.#countsUntil && now - this.#lastFailedAt < MEMORY);
  }

  /** In trouble, and yet the backend is there: what was opened worked until it was cut. */
  isCut(now: number): boolean {
    return now - this.#lastWorkedAt < MEMORY && this.isNow(now);
  }

  /** When the next connect may start. */
  nextAt(now: number): number {
    return this.isNow(now) ? this.#restsUntil : -Infinity;
  }

  /** How many may start at once now. */
  freeAt(now: number): number {
    return this.isNow(now) ? this.#rate.freeAt(now) : Infinity;
  }

  clear(): void {
    this.#mortality.clear();
    this.#countsUntil = -Infinity;
  }
}
