import { type Clock } from "@pool/core";

const EVERY = 5;

/** Waits until `isEmpty` says so, or `timeout` ms are over. What ends is not told to anybody, so it looks. */
export async function untilEmpty(clock: Clock, timeout: number, isEmpty: () => boolean): Promise<void> {
  const until = clock.now() + timeout;
  while (!isEmpty() && clock.now() < until) {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, Math.min(EVERY, until - clock.now())));
  }
}
