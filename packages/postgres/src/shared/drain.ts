import { type Clock } from "@pool/core";

/** A wait for nothing to be under way. */
export class Drain {
  readonly #clock: Clock;
  readonly #isEmpty: () => boolean;
  #done: (() => void) | undefined;

  constructor(clock: Clock, isEmpty: () => boolean) {
    this.#clock = clock;
    this.#isEmpty = isEmpty;
  }

  /** Resolves when it is empty, or after `timeout` ms. */
  async wait(timeout: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const done = (): void => resolve(undefined);
    const timer = this.#clock.setTimeout(done, timeout);
    this.#done = done;
    this.tell();
    await promise;
    this.#done = undefined;
    this.#clock.clearTimeout(timer);
  }

  /** Something has ended. Costs nothing while nobody waits. */
  tell(): void {
    if (this.#done !== undefined && this.#isEmpty()) this.#done();
  }
}
