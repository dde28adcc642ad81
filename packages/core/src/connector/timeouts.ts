import { PoolError } from "../errors.js";
import { withTimeout, type Clock } from "../time.js";

/** How much longer than its timeout something that closes is waited for, in ms. */
export const CLOSE_GRACE = 2_000;

/** A timeout that a caller may have left out or computed wrongly: for `close` and `disconnect`, which never reject. */
export function timeoutOr(timeout: unknown, fallback: number): number {
  return typeof timeout === "number" && timeout >= 0 ? timeout : fallback;
}

/** @throws PoolError `INVALID_ARGUMENT` unless `timeout` is a number of ms from 0, or left out */
export function checkTimeout(where: string, timeout: unknown): void {
  if (timeout === undefined || (typeof timeout === "number" && timeout >= 0)) return;
  const got = typeof timeout === "number" ? String(timeout) : `a ${typeof timeout}`;
  throw new PoolError("INVALID_ARGUMENT", `${where}: timeout must be a number of ms from 0, got ${got}`);
}

/** Waits for `work` to settle either way, and at most `ms`. Never rejects. */
export async function settlesWithin(clock: Clock, ms: number, work: PromiseLike<unknown>): Promise<void> {
  await withTimeout(
    clock,
    ms,
    () => new Error("over"),
    () => work,
  ).catch(() => undefined);
}

/** As an option for the next call: left out where there is none. */
export function timeoutOption(timeout: number | undefined): { timeout?: number } {
  return timeout === undefined ? {} : { timeout };
}
