/** Who is told of new values. What one of them throws is shown as a warning, and keeps nothing from the others. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #waiting = new Set<() => void>();
  #count = 0;
  #isOver = false;

  /** Calls foreign code that must not stand in the way. */
  static call(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  add(listener: (value: T) => void): () => void {
    const one = (value: T): void => listener(value); // so that one that is added twice is told twice
    this.#listeners.add(one);
    return () => void this.#listeners.delete(one);
  }

  tell(value: T): void {
    this.#count++;
    for (const listener of this.#listeners) Listeners.call(() => listener(value));
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#listeners.clear();
    this.#wake();
  }

  /** The newest value, now and after every change; those between are left out for who is slow. */
  async *from(newest: () => T): AsyncGenerator<T, undefined> {
    while (!this.#hasEnded()) {
      const seen = this.#count;
      yield newest();
      while (this.#count === seen && !this.#hasEnded())
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  // A property would be taken for what it was before the wait.
  #hasEnded(): boolean {
    return this.#isOver;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
