const SMALLEST = 16;
const LARGEST = 1024;
/** Places that one item takes, with what stands beside it. */
const WIDTH = 3;

/**
 * A first-in first-out queue of items, each with a companion and a number beside it: in circular arrays that stand in line, without shifting, without copying
 * while it grows, and without allocation while its length stays below its capacity. One array that doubles is copied ten times on its way to ten thousand, and if
 * it is kept, the collector has to be told of each item that an old array is given. An object for each item would be one more look into cold memory.
 */
export class Ring<T, C> {
  #first = new Piece<T, C>(SMALLEST);
  #last = this.#first;
  #length = 0;
  #number = 0;

  get length(): number {
    return this.#length;
  }

  /** The next to be shifted. */
  get first(): T | undefined {
    return this.#first.first;
  }

  /** The number beside the item that was shifted last. */
  get number(): number {
    return this.#number;
  }

  push(item: T, companion: C, number: number): void {
    let last = this.#last;
    if (last.length === last.capacity) {
      last.next = new Piece<T, C>(Math.min(LARGEST, 2 * last.capacity));
      last = this.#last = last.next;
    }
    last.push(item, companion, number);
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    this.#length--;
    const first = this.#first;
    this.#number = first.firstNumber;
    const item = first.shift();
    if (first.length === 0 && first.next !== undefined) {
      this.#first = first.next;
      // One that has grown old would keep alive all that come after it, until the next full collection.
      first.next = undefined;
    }
    return item;
  }

  /** Removes what `keep` refuses, in one pass and in place. `keep` sees the items in their order, and must not touch the ring. */
  filter(keep: (item: T, companion: C, number: number) => boolean): void {
    let last: Piece<T, C> | undefined = undefined;
    this.#length = 0;
    let next: Piece<T, C> | undefined;
    for (let piece: Piece<T, C> | undefined = this.#first; piece !== undefined; piece = next) {
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

/** One of the circular arrays. Inside the length every place is taken, in turns by an item, its companion and its number. */
class Piece<T, C> {
  readonly capacity: number;
  readonly #places: (T | C | number | undefined)[];
  length = 0;
  next: Piece<T, C> | undefined = undefined;
  #head = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#places = new Array<undefined>(WIDTH * capacity).fill(undefined);
  }

  get first(): T | undefined {
    return this.#places[WIDTH * this.#head] as T | undefined;
  }

  get firstNumber(): number {
    return this.#places[WIDTH * this.#head + 2] as number;
  }

  push(item: T, companion: C, number: number): void {
    this.#put(this.#head + this.length++, item, companion, number);
  }

  shift(): T {
    const places = this.#places;
    const at = WIDTH * this.#head;
    const item = places[at] as T;
    places[at] = undefined;
    places[at + 1] = undefined;
    this.#head = (this.#head + 1) & (this.capacity - 1);
    this.length--;
    return item;
  }

  filter(keep: (item: T, companion: C, number: number) => boolean): void {
    const places = this.#places;
    const { length, capacity } = this;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const at = WIDTH * ((this.#head + i) & (capacity - 1));
      const item = places[at] as T;
      const companion = places[at + 1] as C;
      const number = places[at + 2] as number;
      places[at] = undefined;
      places[at + 1] = undefined;
      if (keep(item, companion, number)) this.#put(this.#head + kept++, item, companion, number);
    }
    this.length = kept;
  }

  #put(place: number, item: T, companion: C, number: number): void {
    const places = this.#places;
    const at = WIDTH * (place & (this.capacity - 1));
    places[at] = item;
    places[at + 1] = companion;
    places[at + 2] = number;
  }
}
