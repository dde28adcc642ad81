type Callback = (...results: unknown[]) => unknown;

/** Calls back when the promise settles, in the async context of this call. What the callback throws ends the process, as any thrown error does. */
export function answer(outcome: Promise<unknown>, callback: unknown): void {
  const call = asCallback(callback);
  outcome.then(
    (result) => safely(() => call(null, result)),
    (error: unknown) => safely(() => call(error)),
  );
}

/** The promise to those who gave no callback, as pg's methods have it. */
export function settle<T>(outcome: Promise<T>, callback: unknown): Promise<T> | undefined {
  if (callback === undefined) return outcome;
  answer(outcome, callback);
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
