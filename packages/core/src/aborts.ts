/** Runs `work` unless the signal has aborted; when it aborts meanwhile, rejects with its reason at once and drops the work's outcome. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => T | PromiseLike<T>): Promise<T> {
  if (signal === undefined) return await work();
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([startOf(work), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

// Turns a synchronous throw into a rejection.
async function startOf<T>(work: () => T | PromiseLike<T>): Promise<T> {
  return await work();
}

/** Runs `work` with one signal that stands for several; its listeners are gone when the work settles. */
export async function withAnySignal<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal | undefined) => PromiseLike<T>,
): Promise<T> {
  const given = distinct(signals);
  if (given.length < 2) return await work(given[0]);
  const controller = new AbortController();
  const onAbort = (event: Event): void => controller.abort((event.target as AbortSignal).reason); // listens to signals alone
  for (const signal of given) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", onAbort, { once: true });
  }
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of given) signal.removeEventListener("abort", onAbort);
  }
}

/** The signals that are there, each once. */
function distinct(signals: readonly (AbortSignal | undefined)[]): AbortSignal[] {
  return signals.filter(
    (signal, index): signal is AbortSignal => signal !== undefined && signals.indexOf(signal) === index,
  );
}
