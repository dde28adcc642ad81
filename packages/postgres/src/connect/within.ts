/** Runs `work` with a signal that aborts with the outer one, or with `late()` when `ms` are over. */
export async function within<T>(
  outer: AbortSignal,
  ms: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(outer.reason);
  outer.addEventListener("abort", onAbort, { once: true });
  const timer = ms < LONGEST_TIMER ? setTimeout(() => controller.abort(late()), Math.max(0, ms)) : undefined;
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", onAbort);
  }
}

const LONGEST_TIMER = 2 ** 31 - 1;
