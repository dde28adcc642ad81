import { openPools } from "@pool/core";
import { PoolBook } from "./pool-book.js";

const MOST = 200;

export interface BookOptions {
  readonly points: number;
  readonly stepMs: number;
  now(): number;
}

/** The books of all names, as many as there is room for: of names that come and go, those unused for longest are forgotten. */
export class PoolBooks {
  readonly #options: BookOptions;
  readonly #books = new Map<string, PoolBook>();
  #last: PoolBook | undefined;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  /** The book of this name; opened when it is the first that is heard of it. */
  get(name: string): PoolBook {
    const last = this.#last;
    // Events of one pool come in runs.
    if (last?.name === name) return last;
    const book = this.#books.get(name) ?? this.#open(name);
    this.#last = book;
    return book;
  }

  find(name: string): PoolBook | undefined {
    return this.#books.get(name);
  }

  /** By name. */
  list(): PoolBook[] {
    return [...this.#books.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  drop(book: PoolBook): void {
    this.#books.delete(book.name);
    if (this.#last === book) this.#last = undefined;
  }

  #open(name: string): PoolBook {
    const { points, stepMs, now } = this.#options;
    const book = new PoolBook(name, points, stepMs);
    book.kind = openPools().find((pool) => pool.name === name)?.kind ?? "";
    book.usedAt = now();
    if (this.#books.size >= MOST) this.#makeRoom();
    this.#books.set(name, book);
    return book;
  }

  #makeRoom(): void {
    const [first, ...rest] = this.#books.values();
    if (first !== undefined)
      this.drop(rest.reduce((oldest, book) => (book.usedAt < oldest.usedAt ? book : oldest), first));
  }
}
