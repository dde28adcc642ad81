import { readCall, readSignal, readTimeout } from "../arguments.js";

/** How much longer than its timeout something that closes is waited for, in ms. */
export const CLOSE_GRACE = 2_000;

/** A timeout that may have been left out, or be of another kind: that of options which are not checked here. */
export function timeoutOr(timeout: unknown, fallback: number): number {
  return typeof timeout === "number" && timeout >= 0 ? timeout : fallback;
}

export interface CallOptions {
  signal?: AbortSignal;
  timeout?: number;
}

/** Checks what a call was given beside its arguments. @throws PoolError `INVALID_ARGUMENT` that names the call and the option */
export function readCallOptions(
  call: string,
  given: CallOptions | undefined,
  takes: readonly (keyof CallOptions)[],
): CallOptions {
  const options = readCall(call, given, takes);
  readSignal(`${call}: signal`, options.signal);
  readTimeout(`${call}: timeout`, options.timeout);
  return options;
}

/**
 * The same for what closes: a number that is no wait (NaN, below 0) counts as left out there, since a time that was computed wrongly must not
 * keep anything open.
 */
export function readCloseOptions(call: string, given: CallOptions | undefined): { timeout?: number } {
  const { timeout } = readCall(call, given, ["timeout"]);
  if (typeof timeout !== "number") readTimeout(`${call}: timeout`, timeout);
  return timeoutOption(timeout === undefined || !(timeout >= 0) ? undefined : timeout);
}

/** As an option for the next call: left out where there is none. */
export function timeoutOption(timeout: number | undefined): { timeout?: number } {
  return timeout === undefined ? {} : { timeout };
}
