import type { Waiter } from "./waiter.js";

const ONCE = { once: true } as const;
const FEW_SETTLED = 32;
// As many as wait with the default `maxWaiting`. A table of ten thousand grows through a dozen sizes, and those that have moved into the old
// generation keep all that they hold alive until the next full collection.
const MOST_FOUND = 512;

type OnAbort<R> = (waiter: Waiter<R>, reason: unknown) => void;

/**
 * The waiters of one signal; most signals have only one. A list threaded through them: an array for ten thousand would be made a dozen times on its way. Those
 * that have left stay in it until they come first or are the greater part.
 */
export class Watch<R> {
  readonly signal: AbortSignal;
  /** What the signal calls. A function, since Node wraps an object with a `handleEvent` in an async function of its own. */
  readonly listener: () => void;
  #first: Waiter<R> | undefined;
  #last: Waiter<R> | undefined;
  #listed = 0;
  #waiting = 0;

  constructor(signal: AbortSignal, onAbort: (watch: Watch<R>) => void) {
    this.signal = signal;
    this.listener = () => {
      onAbort(this);
    };
  }

  add(waiter: Waiter<R>): void {
    waiter.watch = this;
    this.#waiting++;
    this.#append(waiter);
  }

  /** One has left the queue. Tells whether anybody is left. */
  remove(): boolean {
    this.#waiting--;
    while (this.#first?.settled === true) this.#shift();
    if (this.#waiting > 0 && this.#listed > 2 * this.#waiting + FEW_SETTLED) {
      const count = this.#listed;
      for (let i = 0; i < count; i++) {
        const waiter = this.#shift();
        if (waiter?.settled === false) this.#append(waiter);
      }
    }
    return this.#waiting > 0;
  }

  /** Lets go of its waiters, and hands them on. */
  release(onAbort: OnAbort<R>): void {
    const reason: unknown = this.signal.reason;
    for (let waiter = this.#shift(); waiter !== undefined; waiter = this.#shift()) onAbort(waiter, reason);
  }

  #append(waiter: Waiter<R>): void {
    this.#listed++;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.nextOfSignal = waiter;
    this.#last = waiter;
  }

  #shift(): Waiter<R> | undefined {
    const waiter = this.#first;
    if (waiter === undefined) return undefined;
    this.#listed--;
    this.#first = waiter.nextOfSignal;
    if (this.#first === undefined) this.#last = undefined;
    // A link that has grown old would keep all that come after it alive until the next full collection.
    waiter.nextOfSignal = undefined;
    return waiter;
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

  add(signal: AbortSignal, waiter: Waiter<R>): void {
    let watch = this.#last;
    if (watch?.signal !== signal) {
      watch = this.#watches.get(signal) ?? this.#watch(signal);
      this.#last = watch;
    }
    watch.add(waiter);
  }

  /** One of its waiters has been settled otherwise. */
  remove(watch: Watch<R>): void {
    if (watch.remove()) return;
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
