/** A fault is to cost less than 20 connects in any second. */
const MOST = 18;
const SECOND = 1_000;

/** When connects were started that have found no leader: never more than so many in any second. */
export class Starts {
  readonly #times: number[] = [];

  /** When the last one was. */
  get last(): number {
    return this.#times.at(-1) ?? -Infinity;
  }

  /** When there may be another. */
  get nextAt(): number {
    const [oldest = -Infinity] = this.#times;
    return this.#times.length < MOST ? -Infinity : oldest + SECOND;
  }

  add(time: number): void {
    this.#times.push(time);
    if (this.#times.length > MOST) this.#times.shift();
  }

  /** A leader is found. */
  clear(): void {
    this.#times.length = 0;
  }
}
