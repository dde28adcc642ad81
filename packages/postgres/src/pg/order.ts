/**
 * Keeps what one client issues in the order of its calls. Statements have a queue of their own; objects that go to the driver directly would
 * overtake those that wait there.
 */
export class Order {
  /** Settles with the statement issued last, and so after all of them. */
  #last: Promise<void> | undefined;
  #running = 0;
  #gate: Promise<void> | undefined;

  /** An object for the driver waits for its turn, and statements issued now wait for it. */
  get isBlocked(): boolean {
    return this.#gate !== undefined;
  }

  async unblocked(): Promise<void> {
    await this.#gate;
  }

  /** Takes note of a statement that was issued. */
  enter<T>(outcome: Promise<T>): Promise<T> {
    this.#running += 1;
    const settled = (): void => void (this.#running -= 1);
    this.#last = outcome.then(settled, settled);
    return outcome;
  }

  /** Sends behind all that was issued before. One statement under way is the driver's already, and the driver keeps the order. */
  behind(send: () => void): void {
    if (this.#running < 2 && this.#gate === undefined) {
      send();
      return;
    }
    const gate = Promise.all([this.#gate, this.#last]).then(() => {
      if (this.#gate === gate) this.#gate = undefined;
      send();
    });
    this.#gate = gate;
  }

  /** Resolves when nothing is under way, and nothing follows at once. */
  async quiet(): Promise<void> {
    let seen: Promise<void> | undefined;
    do {
      seen = this.#last;
      await seen;
      await new Promise((resolve) => setImmediate(resolve));
    } while (seen !== this.#last);
  }
}
