import { PoolError } from "../errors.js";
import type { HeldLock } from "./lock.js";

/** Runs `work` with the lock and lets go of it. Rejects with what it was lost by, when that came before the end of the work. */
export async function useLock<T>(lock: HeldLock, work: (lock: HeldLock) => T | PromiseLike<T>): Promise<T> {
  await using held = lock;
  const [outcome] = await Promise.allSettled([run(held, work)]);
  const { lost } = held;
  if (!lost.aborted) {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }
  const loss: unknown = lost.reason;
  if (outcome.status === "fulfilled" || outcome.reason === loss || !(loss instanceof PoolError)) throw loss;
  // What the work failed with may have come before the loss, and tells more.
  throw new PoolError("LOCK_LOST", loss.message, { cause: outcome.reason, details: loss.details });
}

async function run<T>(lock: HeldLock, work: (lock: HeldLock) => T | PromiseLike<T>): Promise<T> {
  return await work(lock);
}
