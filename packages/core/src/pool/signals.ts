import type { TellingWaiter } from "./waiter.js";

const ONCE = { once: true } as const;
const FEW_SETTLED = 32;
// As many as wait with the default `maxWaiting`. A table of ten thousand grows through a dozen sizes, and those that have moved into the old
// generation keep all that they hold alive until the next full collection.
const MOST_FOUND = 512;

type OnAbort<R> = (waiter: TellingWaiter<R>, reason: unknown) => void;

/** The waiters of one signal; most signals have only one. Those that have left stay in `others` until they are the greater part of it. */
export class Watch<R> {
  readonly signal: AbortSignal;
  /** What the signal calls. A function, since Node wraps an object with a `handleEvent` in an async function of its own. */
  readonly listener: () => void;
  #first: TellingWaiter<R> | undefined;
  #others: (TellingWaiter<R> | undefined)[] | undefined;
  #waiting = 0;

  constructor(signal: AbortSignal, onAbort: (watch: Watch<R>) => void) {
    this.signal = signal;
    this.listener = () => {
      onAbort(this);
    };
  }

  add(waiter: TellingWaiter<R>): void {
    waiter.watch = this;
    this.#waiting++;
    if (this.#first === undefined) this.#first = waiter;
    else (this.#others ??= []).push(waiter);
  }

  /** Tells whether anybody is left. */
  remove(waiter: TellingWaiter<R>): boolean {
    if (this.#first === waiter) this.#first = undefined;
    const others = this.#others;
    this.#waiting--;
    if (others !== undefined && others.length > 2 * this.#waiting + FEW_SETTLED) {
      this.#others = others.filter((other) => other?.settled === false);
    }
    return this.#waiting > 0;
  }

  /** Lets go of its waiters, and hands them on. */
  release(onAbort: OnAbort<R>): void {
    const reason: unknown = this.signal.reason;
    const first = this.#first;
    const others = this.#others;
    this.#first = undefined;
    this.#others = undefined;
    if (first !== undefined) onAbort(first, reason);
    if (others === undefined) return;
    for (let at = 0; at < others.length; at++) {
      const waiter = others[at];
      // A list that has grown old would keep all that stands in it alive until the next full collection.
      others[at] = undefined;
      if (waiter !== undefined) onAbort(waiter, reason);
    }
  }
}

/**
 * The abort signals of those who wait: one listener for each, since adding one to a signal that has a thousand costs 13 µs. Beyond
 * {@link MOST_FOUND} signals at once, one that comes back after others have come may get another.
 */
export class Signals<R> {
  readonly #watches = new Map<AbortSignal, Watch<R>>();
  readonly #onAbort: OnAbort<R>;
  // Callers with one signal tend to come together.
  #last: Watch<R> | undefined;
  readonly #aborted = (watch: Watch<R>): void => {
    this.#forget(watch);
    watch.release(this.#onAbort);
  };

  constructor(onAbort: OnAbort<R>) {
    this.#onAbort = onAbort;
  }

  add(signal: AbortSignal, waiter: TellingWaiter<R>): void {
    let watch = this.#last;
    if (watch?.signal !== signal) {
      watch = this.#watches.get(signal) ?? this.#watch(signal);
      this.#last = watch;
    }
    watch.add(waiter);
  }

  /** The waiter has been settled otherwise. */
  remove(watch: Watch<R>, waiter: TellingWaiter<R>): void {
    if (watch.remove(waiter)) return;
    this.#forget(watch);
    watch.signal.removeEventListener("abort", watch.listener);
  }

  #watch(signal: AbortSignal): Watch<R> {
    const watch = new Watch<R>(signal, this.#aborted);
    if (this.#watches.size < MOST_FOUND) this.#watches.set(signal, watch);
    signal.addEventListener("abort", watch.listener, ONCE);
    return watch;
  }

  #forget(watch: Watch<R>): void {
    if (this.#watches.get(watch.signal) === watch) this.#watches.delete(watch.signal);
    if (this.#last === watch) this.#last = undefined;
  }
}
