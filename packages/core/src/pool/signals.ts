import type { Waiter } from "./wait-queue.js";

const ONCE = { once: true } as const;
const FEW_SETTLED = 32;

type OnAbort<R> = (waiter: Waiter<R>, reason: unknown) => void;

/** The waiters of one signal; most signals have only one. Those that have left stay in `others` until they are the greater part of it. */
class Watch<R> {
  readonly #signals: Signals<R>;
  readonly #signal: AbortSignal;
  #first: Waiter<R> | undefined;
  #others: Waiter<R>[] | undefined;
  #waiting = 0;

  constructor(signals: Signals<R>, signal: AbortSignal) {
    this.#signals = signals;
    this.#signal = signal;
  }

  add(waiter: Waiter<R>): void {
    this.#waiting++;
    if (this.#first === undefined) this.#first = waiter;
    else (this.#others ??= []).push(waiter);
  }

  /** Tells whether anybody is left. */
  remove(waiter: Waiter<R>): boolean {
    if (this.#first === waiter) this.#first = undefined;
    const others = this.#others;
    this.#waiting--;
    if (others !== undefined && others.length > 2 * this.#waiting + FEW_SETTLED) {
      this.#others = others.filter((other) => !other.settled);
    }
    return this.#waiting > 0;
  }

  /** Called by the signal. */
  handleEvent(): void {
    this.#signals.aborted(this.#signal, this.#first, this.#others);
  }
}

/** The abort signals of those who wait: one listener for each, since adding one to a signal that has a thousand costs 13 µs. */
export class Signals<R> {
  readonly #watches = new Map<AbortSignal, Watch<R>>();
  readonly #onAbort: OnAbort<R>;
  // Callers with one signal tend to come together.
  #lastSignal: AbortSignal | undefined;
  #lastWatch: Watch<R> | undefined;

  constructor(onAbort: OnAbort<R>) {
    this.#onAbort = onAbort;
  }

  add(signal: AbortSignal, waiter: Waiter<R>): void {
    if (signal !== this.#lastSignal || this.#lastWatch === undefined) {
      this.#lastWatch = this.#watches.get(signal) ?? this.#watch(signal);
      this.#lastSignal = signal;
    }
    this.#lastWatch.add(waiter);
  }

  /** The waiter has been settled otherwise. */
  remove(signal: AbortSignal, waiter: Waiter<R>): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined || watch.remove(waiter)) return;
    this.#forget(signal);
    signal.removeEventListener("abort", watch);
  }

  aborted(signal: AbortSignal, first: Waiter<R> | undefined, others: readonly Waiter<R>[] | undefined): void {
    this.#forget(signal);
    const reason: unknown = signal.reason;
    if (first !== undefined) this.#onAbort(first, reason);
    if (others !== undefined) for (const waiter of others) this.#onAbort(waiter, reason);
  }

  #watch(signal: AbortSignal): Watch<R> {
    const watch = new Watch<R>(this, signal);
    this.#watches.set(signal, watch);
    signal.addEventListener("abort", watch, ONCE);
    return watch;
  }

  #forget(signal: AbortSignal): void {
    this.#watches.delete(signal);
    this.#lastSignal = undefined;
    this.#lastWatch = undefined;
  }
}
