/**
 * Keeps what one client issues in the order of its calls. Statements have a queue of their own; objects that go to the driver directly would
 * overtake those that wait there.
 */
export class Order {
  /** The statement issued last, which settles after all others. */
  #last: Promise<unknown> | undefined;
  #running = 0;
  #gate: Promise<void> | undefined;

  /** An object for the driver waits for its turn, and statements issued now wait for it. */
  get isBlocked(): boolean {
    return this.#gate !== undefined;
  }

  async unblocked(): Promise<void> {
    await this.#gate;
  }

  /** Takes note of a statement that was issued. It says itself when it begins and ends. */
  issued<T>(outcome: Promise<T>): Promise<T> {
    this.#last = outcome;
    return outcome;
  }

  begins(): void {
    this.#running += 1;
  }

  ends(): void {
    this.#running -= 1;
  }

  /** Sends behind all that was issued before. One statement under way is the driver's already, and the driver keeps the order. */
  behind(send: () => void): void {
    if (this.#running < 2 && this.#gate === undefined) {
      send();
      return;
    }
    const gate = Promise.allSettled([this.#gate, this.#last]).then(() => {
      if (this.#gate === gate) this.#gate = undefined;
      send();
    });
    this.#gate = gate;
  }

  /** Resolves when nothing is under way, and nothing follows at once. */
  async quiet(): Promise<void> {
    let seen: Promise<unknown> | undefined;
    do {
      seen = this.#last;
      await Promise.allSettled([seen]);
      await new Promise((resolve) => setImmediate(resolve));
    } while (seen !== this.#last);
  }
}
