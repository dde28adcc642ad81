/** So many may start close together, and each further one so many ms after the one before: never more than 18 in any second. */
const BURST = 8;
const INTERVAL = 100;

/** How often connects may start while a backend comes and goes. It keeps no time, and stops nobody: who uses it asks when, and says so when one starts. */
export class ConnectRate {
  #last = -Infinity;
  /** When none would be too near any more. */
  #clearAt = -Infinity;

  /** When the last one started. */
  get last(): number {
    return this.#last;
  }

  /** When there may be another. */
  get nextAt(): number {
    return this.#clearAt - (BURST - 1) * INTERVAL;
  }

  /** How many may start at once now. */
  freeAt(time: number): number {
    return Math.max(0, Math.floor(BURST - Math.max(0, this.#clearAt - time) / INTERVAL));
  }

  /** One starts, or will: who waits for its turn says at once when that is. */
  add(time: number): void {
    this.#last = time;
    // Those that nobody held back are not paid for later.
    this.#clearAt = Math.min(Math.max(this.#clearAt, time) + INTERVAL, time + BURST * INTERVAL);
  }

  /** The backend is back: none of them counts any more. */
  clear(): void {
    this.#last = -Infinity;
    this.#clearAt = -Infinity;
  }
}
