import { unlessAborted } from "./aborts.js";
import type { Clock } from "./time.js";

/** Waits `ms`, or rejects with the signal's reason. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = clock.setTimeout(() => resolve(undefined), ms);
  try {
    await unlessAborted(signal, () => promise);
  } finally {
    clock.clearTimeout(timer);
  }
}
