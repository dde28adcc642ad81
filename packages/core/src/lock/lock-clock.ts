import type { Clock, Timer } from "../time.js";

/** Both clocks at one moment. */
export interface Reading {
  readonly monotonic: number;
  readonly date: number;
}

/** What is done in the background does not keep the process alive. */
interface How {
  readonly background: boolean;
}
const FOREGROUND: How = { background: false };

/**
 * The time of locks: a span is over when either clock says so. The monotonic one is not moved by anybody, but stands still on Linux while the machine is
 * suspended; the date goes on then, but may be set. Forward, that ends locks too early, which is safe; backward, the monotonic one holds.
 */
export class LockClock {
  readonly clock: Clock;
  readonly #date: () => number;

  constructor(clock: Clock, date: () => number) {
    this.clock = clock;
    this.#date = date;
  }

  read(): Reading {
    return { monotonic: this.clock.now(), date: this.#date() };
  }

  /** How long ago that was, in ms. */
  since(from: Reading): number {
    return Math.max(this.clock.now() - from.monotonic, this.#date() - from.date);
  }

  /** How much is left of a span that began at `from`, in ms. */
  left(from: Reading, span: number): number {
    return span - this.since(from);
  }

  /** Rejects with the signal's reason when it aborts. */
  async sleep(ms: number, signal: AbortSignal, how: How = FOREGROUND): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = this.#timer(() => resolve(undefined), ms, how);
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      this.clock.clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves when `work` settles, and after `ms` at the latest. Never rejects. */
  async settled(work: PromiseLike<unknown>, ms: number, how: How = FOREGROUND): Promise<void> {
    const late = Promise.withResolvers<undefined>();
    const timer = this.#timer(() => late.resolve(undefined), ms, how);
    try {
      await Promise.race([work, late.promise]);
    } catch {
      // settled is all that is asked
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  #timer(callback: () => void, ms: number, { background }: How): Timer {
    const timer = this.clock.setTimeout(callback, Math.max(0, ms));
    if (background) timer.unref();
    return timer;
  }
}
