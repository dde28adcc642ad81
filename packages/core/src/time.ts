/** A timer that was started; what `setTimeout` gives in Node. */
export interface Timer {
  ref(): unknown;
  unref(): unknown;
}

/**
 * Where core takes its time from. Replace it in tests; the system's own is {@link systemClock}.
 * All times are milliseconds on a monotonic scale: they tell spans, not dates.
 */
export interface Clock {
  /** The time now, read afresh. Costs about 50 ns, so hot paths use a {@link CoarseClock}. */
  now(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  clearTimeout(timer: Timer): void;
}

/** The longest that Node's timers take, in ms: a longer delay would overflow, and fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(Math.ceil(ms), LONGEST_TIMER)),
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};

const READS_PER_REFRESH = 256;
/** In ms. So much a burst takes for itself, or the collector meanwhile. */
const NOT_WORTH_TELLING = 5;

/**
 * A clock that is read once per turn of the event loop, and again every 256 calls: good to a fraction of a
 * millisecond while the loop turns, and free of system calls on the hot path.
 */
export class CoarseClock {
  readonly #clock: Clock;
  #time: number;
  #readsLeft = 0;
  #awaitsTurnEnd = false;
  /**
   * Set by who takes the next reading for the beginning of something that lasts. What blocks the loop makes that time one of the past, of which `onBehind` is
   * told by the end of the turn. A field, and no other way to read: calls that V8 no longer inlines cost a waiter 50 ns.
   */
  isRelied = false;
  /** A time that was relied on was behind by up to so many ms, more than five. */
  onBehind: ((time: number, ms: number) => void) | undefined;
  readonly #onTurnEnd = (): void => {
    this.#awaitsTurnEnd = false;
    this.#readsLeft = 0;
    if (this.isRelied) this.#tellBehind(this.#time, Math.floor(this.#clock.now()));
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#time = Math.floor(clock.now());
  }

  now(): number {
    if (this.#readsLeft-- <= 0) return this.refresh();
    return this.#time;
  }

  /** Reads the real clock. Call it where a wait ends (timers), so that what follows sees the time that passed. */
  refresh(): number {
    // Whole milliseconds: V8 keeps small integers in place and allocates for every other number.
    const before = this.#time;
    this.#time = Math.floor(this.#clock.now());
    this.#readsLeft = READS_PER_REFRESH;
    // The first reading of a turn is exact, and what came before it belongs to another.
    if (this.isRelied && this.#awaitsTurnEnd) this.#tellBehind(before, this.#time);
    // On another clock than the system's, time may pass without a turn of the loop.
    if (this.#clock !== systemClock) this.#readsLeft = 0;
    else if (!this.#awaitsTurnEnd) {
      this.#awaitsTurnEnd = true;
      // Not unref'd: the loop would go to sleep before the turn has ended, and all that it slept would count as time that it was blocked.
      setImmediate(this.#onTurnEnd);
    }
    return this.#time;
  }

  #tellBehind(before: number, now: number): void {
    this.isRelied = false;
    if (now - before > NOT_WORTH_TELLING) this.onBehind?.(before, now - before);
  }
}

/** A span: milliseconds, or text such as `"250ms"`, `"30s"`, `"5m"`, `"2h"`, `"1d"`, or `"never"`. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A {@link Duration} in milliseconds (`Infinity` for `"never"`), or undefined when it is none. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  if (typeof value !== "string") return undefined;
  if (value === "never") return Infinity;
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?(ms|s|m|h|d)$/.exec(value.trim());
  const unit = UNITS[match?.[2] ?? ""];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** Rejects with `makeError()` unless `work` settles within `ms`; aborts the signal that it hands to the work. Infinity waits for ever. */
export function withTimeout<T>(
  clock: Clock,
  ms: number,
  makeError: () => Error,
  work: (signal: AbortSignal) => PromiseLike<T>,
): Promise<T> {
  const controller = new AbortController();
  if (ms === Infinity) {
    return new Promise((resolve) => {
      resolve(work(controller.signal));
    });
  }
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      const error = makeError();
      controller.abort(error);
      reject(error);
    }, ms);
    const run = async (): Promise<T> => {
      try {
        return await work(controller.signal);
      } finally {
        clock.clearTimeout(timer);
      }
    };
    run().then(resolve, reject);
  });
}

/** Waits for `work` to settle either way, and at most `ms`. Never rejects. */
export async function settlesWithin(clock: Clock, ms: number, work: PromiseLike<unknown>): Promise<void> {
  await withTimeout(
    clock,
    ms,
    () => new Error("over"),
    () => work,
  ).catch(() => undefined);
}
