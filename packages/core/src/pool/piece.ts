import type { Line } from "./line.js";
import type { Reject, Resolve } from "./request.js";
import type { Watch } from "./signals.js";
import type { Terms } from "./terms.js";

/** What one who waits takes in an array: its promise's two functions, since when it waits, its terms, and the watch on its signal. */
const WIDTH = 5;

/** One of the arrays that a {@link Line} is made of. A place is taken once, and stays empty when who stood there has left. */
export class Piece<R> {
  declare readonly line: Line<R>;
  /** No place before this one is taken. */
  declare first: number;
  /** The place that will be taken next. */
  declare end: number;
  declare next: Piece<R> | undefined;
  declare previous: Piece<R> | undefined;
  readonly #capacity: number;
  #places: unknown[];
  #taken: number;

  constructor(line: Line<R>, capacity: number) {
    this.line = line;
    this.first = 0;
    this.end = 0;
    this.next = undefined;
    this.previous = undefined;
    this.#capacity = capacity;
    this.#places = new Array<unknown>(WIDTH * capacity);
    this.#taken = 0;
  }

  get isFull(): boolean {
    return this.end === this.#capacity;
  }

  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  push(
    resolve: Resolve<R>,
    reject: Reject,
    since: number,
    terms: Terms | undefined,
    watch: Watch<R> | undefined,
  ): void {
    const places = this.#places;
    const i = WIDTH * this.end++;
    places[i] = resolve;
    places[i + 1] = reject;
    places[i + 2] = since;
    places[i + 3] = terms;
    places[i + 4] = watch;
    this.#taken++;
  }

  isTaken(at: number): boolean {
    return this.#places[WIDTH * at] !== undefined;
  }

  // Of a place that is taken:

  resolve(at: number): Resolve<R> {
    return this.#places[WIDTH * at] as Resolve<R>;
  }

  reject(at: number): Reject {
    return this.#places[WIDTH * at + 1] as Reject;
  }

  since(at: number): number {
    return this.#places[WIDTH * at + 2] as number;
  }

  terms(at: number): Terms | undefined {
    return this.#places[WIDTH * at + 3] as Terms | undefined;
  }

  watch(at: number): Watch<R> | undefined {
    return this.#places[WIDTH * at + 4] as Watch<R> | undefined;
  }

  clear(at: number): void {
    const places = this.#places;
    const i = WIDTH * at;
    places[i] = undefined;
    places[i + 1] = undefined;
    places[i + 3] = undefined;
    places[i + 4] = undefined;
    this.#taken--;
  }

  /** Those who stood first may have left. */
  skipLeft(): void {
    while (this.first < this.end && !this.isTaken(this.first)) this.first++;
  }

  /** All have left: whoever still knows it need not keep its places. */
  discard(): void {
    this.#places = [];
  }
}
