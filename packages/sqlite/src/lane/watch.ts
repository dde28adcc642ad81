/** Something that wants to be called at a time. The watch threads its list through the last two. */
export interface Due {
  /** On the scale of `performance.now()`. May change in {@link due}. */
  readonly dueAt: number;
  due(): void;
  before: Due | undefined;
  behind: Due | undefined;
}

const LONGEST_MS = 2 ** 31 - 1;

/**
 * One timer for all: starting and stopping one for each list of statements costs a quarter of the way to a thread and back. It is armed for
 * the earliest time that was asked for, and stays so when that one is called off, since the next one soon needs it again.
 *
 * A list and not a Set: a Set that is filled and emptied gets a new table every few times, and each old one that the collector has moved among
 * the old objects keeps the next one, and so everything that was ever in it, until the next full collection.
 */
export class Watch {
  #first: Due | undefined;
  #armedFor = Infinity;
  #timer: NodeJS.Timeout | undefined;

  add(one: Due): void {
    if (this.#first !== undefined) this.#first.before = one;
    one.behind = this.#first;
    this.#first = one;
    if (one.dueAt < this.#armedFor) this.#arm(one.dueAt);
  }

  delete(one: Due): void {
    const { before, behind } = one;
    if (before === undefined && this.#first !== one) return;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind !== undefined) behind.before = before;
    one.before = undefined;
    one.behind = undefined;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#armedFor = at;
    const ms = Math.min(LONGEST_MS, Math.max(1, Math.ceil(at - performance.now())));
    // What is waited for keeps the process alive by itself.
    this.#timer = setTimeout(() => this.#fire(), ms).unref();
  }

  #fire(): void {
    this.#armedFor = Infinity;
    const now = performance.now();
    for (const one of this.#all()) if (one.dueAt <= now) one.due();
    let next = Infinity;
    for (const one of this.#all()) next = Math.min(next, one.dueAt);
    if (next < this.#armedFor) this.#arm(next);
  }

  #all(): Due[] {
    const all: Due[] = [];
    for (let one = this.#first; one !== undefined; one = one.behind) all.push(one);
    return all;
  }
}
