/**
 * One piece of work that several callers wait for. Each may give up by its own signal; when the last one has, the work is aborted.
 * A caller without a signal never gives up.
 */
export class SharedWork<T> {
  /** Settles once the work itself has ended, however its callers fared. Never rejects. */
  readonly ended: Promise<void>;
  readonly #controller = new AbortController();
  readonly #outcome = Promise.withResolvers<T>();
  readonly #onAbandoned: ((reason: unknown) => void) | undefined;
  #callers = 0;
  #over = false;

  /** @param onAbandoned told before the work is aborted because nobody waits for it any more */
  constructor(work: (signal: AbortSignal) => PromiseLike<T>, onAbandoned?: (reason: unknown) => void) {
    this.#onAbandoned = onAbandoned;
    // Nobody may be waiting when it fails, and that is no unhandled rejection.
    this.#outcome.promise.catch(() => undefined);
    this.ended = this.#run(work);
  }

  /** Has an outcome, or was called off: whoever comes now starts another. */
  get over(): boolean {
    return this.#over;
  }

  /** The work's outcome, or the signal's reason. */
  async join(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    this.#callers++;
    if (signal === undefined) return this.#outcome.promise;
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => {
        reject(signal.reason);
        if (--this.#callers === 0 && !this.#over) this.#abandon(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#outcome.promise.then(resolve, reject).finally(() => {
        signal.removeEventListener("abort", giveUp);
      });
    });
  }

  /** Rejects every caller with `reason`, and aborts the work. */
  cancel(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#outcome.reject(reason);
    this.#controller.abort(reason);
  }

  #abandon(reason: unknown): void {
    this.#onAbandoned?.(reason);
    this.cancel(reason);
  }

  async #run(work: (signal: AbortSignal) => PromiseLike<T>): Promise<void> {
    try {
      this.#outcome.resolve(await work(this.#controller.signal));
    } catch (error) {
      this.#outcome.reject(error);
    } finally {
      this.#over = true;
    }
  }
}

/** Resolves or rejects as `work` does, or rejects with the signal's reason; the work goes on unseen. */
export function abortable<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return Promise.resolve(work);
  return new SharedWork(() => work).join(signal);
}
