/** Something that wants to be called at a time. */
export interface Due {
  /** On the scale of `performance.now()`. May change in {@link due}. */
  readonly dueAt: number;
  due(): void;
}

const LONGEST_MS = 2 ** 31 - 1;

/**
 * One timer for all: starting and stopping one for each list of statements costs a quarter of the way to a thread and back. It is armed for
 * the earliest time that was asked for, and stays so when that one is called off, since the next one soon needs it again.
 */
export class Watch {
  readonly #all = new Set<Due>();
  #armedFor = Infinity;
  #timer: NodeJS.Timeout | undefined;

  add(one: Due): void {
    this.#all.add(one);
    if (one.dueAt < this.#armedFor) this.#arm(one.dueAt);
  }

  delete(one: Due): void {
    this.#all.delete(one);
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
    for (const one of [...this.#all]) if (one.dueAt <= now) one.due();
    let next = Infinity;
    for (const one of this.#all) next = Math.min(next, one.dueAt);
    if (next < this.#armedFor) this.#arm(next);
  }
}
