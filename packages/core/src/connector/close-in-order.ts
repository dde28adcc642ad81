import type { Clock } from "../time.js";

/** Something to close within `timeout` ms (its own default without). Must not reject. */
export type Closer = (timeout: number | undefined) => Promise<unknown>;

/**
 * Closes last in, first out, with one deadline for all of them. What was opened later may stand on what was opened before, so each is waited
 * for before the next; past the deadline order gives way to time, and the rest is told to abort at once and together.
 */
export async function closeInOrder(clock: Clock, oldestFirst: readonly Closer[], timeout: number | undefined): Promise<void> {
  const newestFirst = oldestFirst.toReversed();
  const deadline = timeout === undefined ? Infinity : clock.now() + timeout;
  for (const [index, close] of newestFirst.entries()) {
    const left = deadline - clock.now();
    if (left <= 0) {
      await Promise.all(newestFirst.slice(index).map((rest) => rest(0)));
      return;
    }
    await close(left === Infinity ? undefined : left);
  }
}
