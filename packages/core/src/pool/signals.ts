import type { Piece } from "./piece.js";

const ONCE = { once: true } as const;
const FEW_RUNS = 32;
// As many as wait with the default `maxWaiting`. A table of ten thousand grows through a dozen sizes, and those that have moved into the old
// generation keep all that they hold alive until the next full collection.
const MOST_FOUND = 512;

/** What has to be done where a signal ends waits. An object, since a function that is handed over is called at twice the price. */
export interface WaitsAborted<R> {
  /** Takes this one out, and tells it why. */
  abort(piece: Piece<R>, at: number, reason: unknown): void;
  /** All who waited for one signal have left. */
  aborted(): void;
}

/** The places of some who came one after the other. Who has left has left it empty. */
interface Run<R> {
  readonly piece: Piece<R>;
  readonly from: number;
  readonly to: number;
}

/** The waiters of one signal, by where they stand; most signals have only one. */
export class Watch<R> {
  readonly signal: AbortSignal;
  /** What the signal calls. A function, since Node wraps an object with a `handleEvent` in an async function of its own. */
  readonly listener: () => void;
  /** It is found by its signal. */
  readonly isFound: boolean;
  /** How many wait for it. */
  waiting = 0;
  // The run that came last, and those before it.
  #piece: Piece<R> | undefined;
  #from = 0;
  #to = 0;
  #earlier: Run<R>[] | undefined;

  constructor(signal: AbortSignal, onAbort: (watch: Watch<R>) => void, isFound: boolean) {
    this.signal = signal;
    // Takes half of the memory of a function that refers to both.
    this.listener = onAbort.bind(undefined, this);
    this.isFound = isFound;
  }

  /** One has been put into the last place of `piece`. */
  add(piece: Piece<R>): void {
    this.waiting++;
    const at = piece.end - 1;
    if (this.#piece !== piece || this.#to !== at) {
      if (this.#piece !== undefined) this.#note({ piece: this.#piece, from: this.#from, to: this.#to });
      this.#piece = piece;
      this.#from = at;
    }
    this.#to = at + 1;
  }

  /** Ends the waits of all who still wait, in their order. */
  abort(ending: WaitsAborted<R>): void {
    const reason: unknown = this.signal.reason;
    for (const run of this.#earlier ?? []) abortRun(run, ending, reason);
    if (this.#piece !== undefined) abortRun({ piece: this.#piece, from: this.#from, to: this.#to }, ending, reason);
    ending.aborted();
  }

  /** Runs of which all have left are dropped, when they may be the greater part. */
  #note(run: Run<R>): void {
    const earlier = (this.#earlier ??= []);
    earlier.push(run);
    if (earlier.length > 2 * this.waiting + FEW_RUNS) this.#earlier = earlier.filter((each) => hasTaken(each));
  }
}

function abortRun<R>({ piece, from, to }: Run<R>, ending: WaitsAborted<R>, reason: unknown): void {
  for (let at = from; at < to; at++) if (piece.isTaken(at)) ending.abort(piece, at, reason);
}

function hasTaken<R>({ piece, from, to }: Run<R>): boolean {
  for (let at = from; at < to; at++) if (piece.isTaken(at)) return true;
  return false;
}

/**
 * The abort signals of those who wait: one listener for each, since adding one to a signal that has a thousand costs 13 µs. Beyond
 * {@link MOST_FOUND} signals at once, one that comes back after others have come may get another.
 */
export class Signals<R> {
  readonly #watches = new Map<AbortSignal, Watch<R>>();
  readonly #ending: WaitsAborted<R>;
  // Callers with one signal tend to come together.
  #last: Watch<R> | undefined;
  readonly #aborted = (watch: Watch<R>): void => {
    this.#forget(watch);
    watch.abort(this.#ending);
  };

  constructor(ending: WaitsAborted<R>) {
    this.#ending = ending;
  }

  /** Of this signal. Whoever is added to it has to be taken off again by {@link left}. */
  watch(signal: AbortSignal): Watch<R> {
    if (this.#last?.signal !== signal) this.#last = this.#watches.get(signal) ?? this.#begin(signal);
    return this.#last;
  }

  /** One of its waiters has been settled otherwise. Tells whether it was the last: then the signal is watched no longer. */
  left(watch: Watch<R>): boolean {
    if (--watch.waiting > 0) return false;
    this.#forget(watch);
    watch.signal.removeEventListener("abort", watch.listener);
    return true;
  }

  #begin(signal: AbortSignal): Watch<R> {
    const watch = new Watch<R>(signal, this.#aborted, this.#watches.size < MOST_FOUND);
    if (watch.isFound) this.#watches.set(signal, watch);
    signal.addEventListener("abort", watch.listener, ONCE);
    return watch;
  }

  #forget(watch: Watch<R>): void {
    if (watch.isFound && this.#watches.get(watch.signal) === watch) this.#watches.delete(watch.signal);
    if (this.#last === watch) this.#last = undefined;
  }
}
