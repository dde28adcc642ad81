const SMALLEST = 16;
const LARGEST = 1024;

/**
 * A first-in first-out queue, in circular arrays that stand in line: no shifting, no copying while it grows, and no allocation while its length stays below
 * its capacity. One array that doubles is copied ten times on its way to ten thousand, and if it is kept, the collector has to be told of each item that an old
 * array is given.
 */
export class Ring<T> {
  #first = new Piece<T>(SMALLEST);
  #last = this.#first;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    let last = this.#last;
    if (last.length === last.items.length) {
      last.next = new Piece<T>(Math.min(LARGEST, 2 * last.length));
      last = this.#last = last.next;
    }
    last.push(item);
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    this.#length--;
    const first = this.#first;
    const item = first.shift();
    if (first.length === 0 && first.next !== undefined) {
      this.#first = first.next;
      // One that has grown old would keep alive all that come after it, until the next full collection.
      first.next = undefined;
    }
    return item;
  }

  /** Removes what `keep` refuses, in one pass and in place. `keep` sees the items in their order, and must not touch the ring. */
  filter(keep: (item: T) => boolean): void {
    let last: Piece<T> | undefined = undefined;
    this.#length = 0;
    let next: Piece<T> | undefined;
    for (let piece: Piece<T> | undefined = this.#first; piece !== undefined; piece = next) {
      next = piece.next;
      piece.next = undefined;
      piece.filter(keep);
      if (piece.length === 0 && (next !== undefined || last !== undefined)) continue;
      this.#length += piece.length;
      if (last === undefined) this.#first = piece;
      else last.next = piece;
      last = piece;
    }
    this.#last = last ?? this.#first;
  }
}

/** One of the circular arrays. */
class Piece<T> {
  readonly items: (T | undefined)[];
  length = 0;
  next: Piece<T> | undefined = undefined;
  #head = 0;

  constructor(capacity: number) {
    this.items = new Array<T | undefined>(capacity).fill(undefined);
  }

  push(item: T): void {
    const { items } = this;
    items[(this.#head + this.length++) & (items.length - 1)] = item;
  }

  shift(): T | undefined {
    const { items } = this;
    const head = this.#head;
    const item = items[head];
    items[head] = undefined;
    this.#head = (head + 1) & (items.length - 1);
    this.length--;
    return item;
  }

  filter(keep: (item: T) => boolean): void {
    const { items, length } = this;
    const mask = items.length - 1;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const at = (this.#head + i) & mask;
      const item = items[at] as T; // inside the length every place is taken
      items[at] = undefined;
      if (keep(item)) items[(this.#head + kept++) & mask] = item;
    }
    this.length = kept;
  }
}
