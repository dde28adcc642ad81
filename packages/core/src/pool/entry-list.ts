import type { Entry } from "./entry.js";

/**
 * The idle entries in the order of their return: a list threaded through them, so that adding, taking and removing cost the same anywhere.
 * The one that came last stands by itself until the next comes: a resource that comes and goes alone is linked to nothing.
 */
export class EntryList<R> {
  #top: Entry<R> | undefined = undefined;
  #first: Entry<R> | undefined = undefined;
  #last: Entry<R> | undefined = undefined;

  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Entry<R> | undefined {
    return this.#first ?? this.#top;
  }

  get last(): Entry<R> | undefined {
    return this.#top ?? this.#last;
  }

  /** All of them, for walks on which some may leave. */
  snapshot(lastFirst: boolean): readonly Entry<R>[] {
    const entries: Entry<R>[] = [];
    for (let entry = this.#first; entry !== undefined; entry = entry.next) entries.push(entry);
    if (this.#top !== undefined) entries.push(this.#top);
    return lastFirst ? entries.reverse() : entries;
  }

  add(entry: Entry<R>): void {
    this.#size++;
    if (this.#top !== undefined) this.#link(this.#top);
    this.#top = entry;
  }

  remove(entry: Entry<R>): void {
    this.#size--;
    if (entry === this.#top) this.#top = undefined;
    else this.#unlink(entry);
  }

  #link(entry: Entry<R>): void {
    const last = this.#last;
    entry.previous = last;
    if (last === undefined) this.#first = entry;
    else last.next = entry;
    this.#last = entry;
  }

  #unlink(entry: Entry<R>): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
  }
}
