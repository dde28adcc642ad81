import { unlessAborted } from "../aborts.js";

/** Who wants one key in this process. Whoever has the turn asks the backend for it or holds it; the others wait, in the order of their calls. */
export class Line {
  readonly #waiting = new Set<() => void>();
  #turnTaken = false;
  /** How often in a row the key was had by this process, without anybody else having been seen to have it. */
  streak = 0;

  get isBusy(): boolean {
    return this.#turnTaken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when it is the caller's turn, which it ends by `leave`. Rejects with the signal's reason, and then has no turn. */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#turnTaken) {
      this.#turnTaken = true;
      return;
    }
    const { promise, resolve: give } = Promise.withResolvers<undefined>();
    const resolve = (): void => give(undefined);
    this.#waiting.add(resolve);
    try {
      await unlessAborted(signal, () => promise);
    } catch (error) {
      // Both may come in one moment.
      if (!this.#waiting.delete(resolve)) this.leave();
      throw error;
    }
  }

  /** @param wasGiven the caller had the key */
  leave(wasGiven = false): void {
    const [next] = this.#waiting;
    this.streak = wasGiven ? this.streak + 1 : 0;
    if (next === undefined) this.#turnTaken = false;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
