import { settlesWithin, type Clock } from "../time.js";
import { CLOSE_GRACE, timeoutOr } from "./timeouts.js";

/** Without a timeout, how long closings may add up, in ms: what has not begun by then is told to abort. */
const LONGEST_SUM = 30_000;

/** Something to close within `timeout` ms (its own default without). Must not reject. */
export type Closer = (timeout: number | undefined) => Promise<unknown>;

/**
 * Closes last in, first out, with one deadline for all of them. What was opened later may stand on what was opened before, so each is waited
 * for before the next; past the deadline order gives way to time, and the rest is told to abort at once and together. Without a timeout each has
 * its own, and the deadline is 30 s.
 */
export async function closeInOrder(
  clock: Clock,
  oldestFirst: readonly Closer[],
  timeout: number | undefined,
): Promise<void> {
  const own = timeout === undefined;
  const deadline = clock.now() + timeoutOr(timeout, LONGEST_SUM);
  const closings: Promise<unknown>[] = [];
  for (const close of oldestFirst.toReversed()) {
    const left = Math.max(0, deadline - clock.now());
    const closing = close((own && left > 0) || left === Infinity ? undefined : left);
    closings.push(closing);
    if (left > 0) await settlesWithin(clock, left, closing);
  }
  await Promise.all(closings);
}

/** A close that runs once, however often and from wherever it is called. */
export class Closing {
  #end: Promise<undefined> | undefined;

  get begun(): boolean {
    return this.#end !== undefined;
  }

  /** Begins `close` unless it has begun, and waits for its end: with a `timeout` at most 2 s longer than that, also where the first call gave it more. */
  async run(clock: Clock, timeout: number | undefined, close: () => Promise<void>): Promise<void> {
    if (this.#end === undefined) {
      // Set before `close` runs, which may lead back here.
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#end = promise;
      resolve(close().then(() => undefined));
    }
    await settlesWithin(clock, timeoutOr(timeout, Infinity) + CLOSE_GRACE, this.#end);
  }
}
