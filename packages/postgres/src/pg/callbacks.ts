type Callback = (...results: unknown[]) => unknown;

/**
 * Calls back when the promise settles, in the async context of this call. What the callback throws ends the process, as any thrown error does.
 * @param noError what stands for an error where there is none: null from pg's clients, undefined from its pools
 */
export function answer(outcome: Promise<unknown>, callback: unknown, noError: null | undefined): void {
  const call = asCallback(callback);
  outcome.then(
    (result) => safely(() => call(noError, result)),
    (error: unknown) => safely(() => call(error)),
  );
}

/** The promise to those who gave no callback, as pg's methods have it. */
export function settle<T>(outcome: Promise<T>, callback: unknown, noError: null | undefined): Promise<T> | undefined {
  if (callback === undefined) return outcome;
  answer(outcome, callback, noError);
  return undefined;
}

/** @throws TypeError as pg does */
export function asCallback(callback: unknown): Callback {
  if (typeof callback !== "function") throw new TypeError("callback is not a function");
  return callback as Callback;
}

/** Keeps what foreign code throws away from our promises. */
export function safely(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
