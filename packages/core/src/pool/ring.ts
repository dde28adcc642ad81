const SMALLEST = 16;
const LARGEST_KEPT = 1024;

/** A first-in first-out queue in a circular array: no shifting, and no allocation while its length stays below its capacity. */
export class Ring<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(SMALLEST).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#resize(this.#length * 2);
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const length = this.#length;
    if (length === 0) return undefined;
    const items = this.#items;
    const head = this.#head;
    const item = items[head];
    items[head] = undefined;
    this.#head = (head + 1) & (items.length - 1);
    this.#length = length - 1;
    if (length === 1 && items.length > LARGEST_KEPT) this.#resize(SMALLEST);
    return item;
  }

  /** Removes what `keep` refuses, in one pass and in place. `keep` sees the items in their order, and must not touch the ring. */
  filter(keep: (item: T) => boolean): void {
    const items = this.#items;
    const mask = items.length - 1;
    let kept = 0;
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & mask;
      const item = items[at] as T; // inside the ring's length every place is taken
      items[at] = undefined;
      if (keep(item)) items[(this.#head + kept++) & mask] = item;
    }
    this.#length = kept;
    if (kept === 0 && items.length > LARGEST_KEPT) this.#resize(SMALLEST);
  }

  #resize(capacity: number): void {
    const items = new Array<T | undefined>(capacity).fill(undefined);
    for (let i = 0; i < this.#length; i++) items[i] = this.#items[(this.#head + i) & (this.#items.length - 1)];
    this.#items = items;
    this.#head = 0;
  }
}
