import { isPoolError } from "../errors.js";
import { pause } from "../pause.js";
import { isRetryable } from "./ask-driver.js";
import type { SqlContext } from "./context.js";

const FIRST_DELAY = 10;
const LONGEST_DELAY = 1_000;
// Wrapped deeper than this an error is not looked for, so that a chain that bites its tail ends.
const DEEPEST_CAUSE = 8;

export interface RetryOptions {
  /** How many more tries after the first. */
  readonly retries: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs `attempt` again after an error that the driver calls retryable, up to `retries` times, with exponential back-off and full jitter:
 * between 0 and 10 ms, 20 ms, 40 ms … up to 1 s. The signal ends the back-off.
 */
export async function withRetries<R, T>(
  context: SqlContext<R>,
  { retries = 0, signal }: RetryOptions,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt(number);
    } catch (error) {
      if (number > retries || !isWorthRetrying(context, error)) throw error;
    }
    await pause(context.clock, context.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (number - 1)), signal);
  }
}

// Query builders wrap the driver's errors, so it is looked for along the causes; behind an unknown outcome nothing is.
function isWorthRetrying<R>(context: SqlContext<R>, error: unknown): boolean {
  for (let link = error, depth = 0; link !== undefined && depth < DEEPEST_CAUSE; depth++) {
    if (isPoolError(link, "OUTCOME_UNKNOWN")) return false;
    if (isRetryable(context.driver, link, false)) return true;
    link = link instanceof Error ? link.cause : undefined;
  }
  return false;
}
