import { settlesWithin, type Clock } from "../time.js";
import type { Connector } from "./connector.js";
import { disconnect } from "./disconnect.js";
import { supervisedOf } from "./supervised.js";
import { CLOSE_GRACE, timeoutOption, timeoutOr } from "./timeouts.js";

/** Without a timeout, how long closings may add up, in ms: what has not ended by then is told to abort. */
const LONGEST_SUM = 30_000;

/** Something to close within `timeout` ms; without one in its own time, and where it can tell that within `left` ms. Must not reject. */
export type Closer = (timeout: number | undefined, left: number) => Promise<unknown>;

/** How a registry closes a scope: as the scope's `close`, in the time that is left to the registry. */
export const closeWithin = Symbol("@pool/core closeWithin");

/** Disconnects a connector. One that was written by hand does not tell how long it takes by itself. */
export function closerOf(connector: Connector): Closer {
  const own = supervisedOf(connector)?.drainTimeout ?? 0;
  return (timeout, left) => disconnect(connector, timeoutOption(timeout ?? (own > left ? left : undefined)));
}

/**
 * Closes last in, first out, with one deadline for all of them. What was opened later may stand on what was opened before, so each is waited
 * for before the next; past the deadline order gives way to time, and the rest is told to abort at once and together. Without a timeout each has
 * its own, the deadline is `longest`, and what is not closed 2 s after it is left behind.
 */
export async function closeInOrder(
  clock: Clock,
  oldestFirst: readonly Closer[],
  timeout: number | undefined,
  longest = LONGEST_SUM,
): Promise<void> {
  const own = timeout === undefined;
  const deadline = clock.now() + timeoutOr(timeout, longest);
  const open = new Map<Closer, Promise<unknown>>();
  for (const close of oldestFirst.toReversed()) {
    const left = Math.max(0, deadline - clock.now());
    const closing = close((own && left > 0) || left === Infinity ? undefined : left, left);
    const closed = (): void => void open.delete(close);
    open.set(close, closing.then(closed, closed));
    if (left > 0) await settlesWithin(clock, left, closing);
  }
  const rest = Promise.all(open.values());
  if (own) {
    for (const close of open.keys()) void close(0, 0);
    await settlesWithin(clock, CLOSE_GRACE, rest);
  } else await rest;
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
