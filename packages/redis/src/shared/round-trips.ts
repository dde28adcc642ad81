/** An answer may take so much longer than the slowest of the last ones. */
const SLACK = 1.5;
/** How quickly a slow one is forgotten: by this share with each that is quicker. */
const FADES_BY = 1 / 8;

/** How long a server, with the line to it, is known to take for an answer. */
export class RoundTrips {
  readonly #least: number;
  #slowest = 0;

  /** @param least the patience with a server that answers quickly, in ms */
  constructor(least: number) {
    this.#least = least;
  }

  /** An answer hardly takes longer, as far as is known, in ms; 0 before the first. */
  get longest(): number {
    return this.#slowest * SLACK;
  }

  /** The server may owe an answer for so long before something must be wrong, in ms. */
  get patience(): number {
    return Math.max(this.#least, this.longest);
  }

  /** One has taken so long, in ms. A single one counts for no more than twice the patience: the server may have stood still for once. */
  add(ms: number): void {
    const taken = Math.min(ms, 2 * this.patience);
    this.#slowest = taken > this.#slowest ? taken : this.#slowest + (taken - this.#slowest) * FADES_BY;
  }
}
