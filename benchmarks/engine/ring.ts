/** A queue in a circular buffer that doubles: what the limit keeps its waiters in. */
export class Ring<T> {
  items: (T | undefined)[] = new Array<T | undefined>(16);
  head = 0;
  size = 0;

  push(item: T): void {
    if (this.size === this.items.length) this.#grow();
    this.items[(this.head + this.size++) & (this.items.length - 1)] = item;
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.size--;
    return item;
  }

  #grow(): void {
    const { items, head } = this;
    const grown = new Array<T | undefined>(items.length * 2);
    for (let i = 0; i < items.length; i++) grown[i] = items[(head + i) & (items.length - 1)];
    this.items = grown;
    this.head = 0;
  }
}
