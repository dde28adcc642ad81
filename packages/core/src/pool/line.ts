import { Piece } from "./piece.js";
import type { Reject, Resolve } from "./request.js";
import type { Watch } from "./signals.js";
import type { Terms } from "./terms.js";

const SMALLEST = 16;
const LARGEST = 1024;

/**
 * Those who wait, in the order in which they came. They stand in arrays that are filled once, and thrown away when the last of one has left: nothing is shifted and
 * nothing is copied while it grows, anybody may leave from anywhere, and who stands in such a place can be found there as long as it waits. An array stays whole until then, so that one who waits long may keep a thousand empty places. One array that doubles is copied
 * ten times on its way to ten thousand, and if it is kept, the collector has to be told of each item that an old array is given. An object for each who waits would be one
 * more look into cold memory.
 */
export class Line<R> {
  #first: Piece<R>;
  #last: Piece<R>;
  #length = 0;

  constructor() {
    this.#first = this.#last = new Piece(this, SMALLEST);
  }

  get length(): number {
    return this.#length;
  }

  /** The array in which the first of all stands, in the place `first`. */
  get front(): Piece<R> | undefined {
    if (this.#length === 0) return undefined;
    this.#first.skipLeft();
    return this.#first;
  }

  /** @returns where it stands: in the last place of that array */
  push(
    resolve: Resolve<R>,
    reject: Reject,
    since: number,
    terms: Terms | undefined,
    watch: Watch<R> | undefined,
  ): Piece<R> {
    const piece = this.#last.isFull ? this.#grow() : this.#last;
    piece.push(resolve, reject, since, terms, watch);
    this.#length++;
    return piece;
  }

  /** Takes one out. */
  remove(piece: Piece<R>, at: number): void {
    piece.clear(at);
    this.#length--;
    if (piece.isEmpty && piece !== this.#last) this.#unlink(piece);
  }

  /** Shows all in their order. `visit` may take out whom it is shown, and nobody else. */
  forEach(visit: (piece: Piece<R>, at: number) => void): void {
    let next: Piece<R> | undefined;
    for (let piece: Piece<R> | undefined = this.#first; piece !== undefined; piece = next) {
      next = piece.next;
      for (let at = piece.first; at < piece.end; at++) if (piece.isTaken(at)) visit(piece, at);
    }
  }

  #grow(): Piece<R> {
    const full = this.#last;
    const next = new Piece<R>(this, Math.min(LARGEST, Math.max(SMALLEST, this.#length)));
    full.next = next;
    next.previous = full;
    this.#last = next;
    if (full.isEmpty) this.#unlink(full);
    return next;
  }

  // One that has grown old would keep alive all that come after it, until the next full collection: so it lets go of them.
  #unlink(piece: Piece<R>): void {
    const { previous, next } = piece;
    if (previous !== undefined) previous.next = next;
    else if (next !== undefined) this.#first = next;
    if (next !== undefined) next.previous = previous;
    piece.next = undefined;
    piece.previous = undefined;
    piece.discard();
  }
}
