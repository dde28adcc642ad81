import { unlessAborted } from "../aborts.js";

/**
 * Lets one task through at a time, in the order of their calls. A connection runs one statement at a time: so a cancel hits the statement
 * it was meant for, a timeout counts from sending, and BEGIN, COMMIT and savepoints keep their place among the statements.
 */
export class Gate {
  #last: Promise<undefined> | undefined;
  #held: Promise<unknown> | undefined;
  /** How much else goes on that nobody need wait for. */
  #left = 0;
  readonly #onHeld = new Set<() => void>();

  /** For the task inside: the next one waits until this has settled, too. It must not reject. */
  hold(rest: Promise<unknown>): void {
    this.#held = rest;
    this.#tell();
  }

  /** For a task inside, or behind others, whose caller waits for it no longer. It must not reject. */
  leave(task: Promise<unknown>): void {
    this.#left++;
    void task.then(() => this.#left--);
    this.#tell();
  }

  /** Settles as `task` does, which is inside or waits for its turn; with nothing as soon as something in here takes its time. */
  async unlessHeld<T>(task: Promise<T>): Promise<T | undefined> {
    if (this.#held !== undefined || this.#left > 0) return undefined;
    const held = Promise.withResolvers<undefined>();
    const onHeld = (): void => held.resolve(undefined);
    this.#onHeld.add(onHeld);
    try {
      return await Promise.race([task, held.promise]);
    } finally {
      this.#onHeld.delete(onHeld);
    }
  }

  /**
   * Runs `task` when all that came before have settled; the first one starts at once, in the same tick.
   * When the signal aborts during the wait, rejects with its reason and never runs the task; afterwards the task is on its own.
   */
  async enter<T>(task: () => PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const before = this.#last;
    const { promise: mine, resolve: leave } = Promise.withResolvers<undefined>();
    this.#last = mine;
    try {
      if (before !== undefined) await unlessAborted(signal, () => before);
    } catch (reason) {
      // Given up, but those behind still wait for those before.
      void before?.then(() => leave(undefined));
      throw reason;
    }
    try {
      return await task();
    } finally {
      const open = (): void => {
        this.#held = undefined;
        if (this.#last === mine) this.#last = undefined;
        leave(undefined);
      };
      if (this.#held === undefined) open();
      else void this.#held.then(open);
    }
  }

  #tell(): void {
    for (const onHeld of this.#onHeld) onHeld();
  }
}
