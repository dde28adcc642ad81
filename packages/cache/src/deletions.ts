const MOST = 100_000;

/** One key that is deleted here, and the number of the change that did so. */
export interface Deletion {
  readonly key: string;
  readonly number: number;
}

/** Keys that are deleted here, and of which the store has not heard yet. When there are too many, the oldest is forgotten. */
export class Deletions {
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.#numbers.size;
  }

  has(key: string): boolean {
    return this.#numbers.has(key);
  }

  add(keys: readonly string[], number: number): void {
    for (const key of keys) {
      const newest = Math.max(number, this.#numbers.get(key) ?? 0);
      this.#numbers.delete(key); // to the end
      this.#numbers.set(key, newest);
    }
    for (const oldest of this.#numbers.keys()) {
      if (this.#numbers.size <= MOST) return;
      this.#numbers.delete(oldest);
    }
  }

  /** The store has heard of those up to this number; what was deleted again since stays deleted. */
  done(keys: readonly string[], number: number): void {
    for (const key of keys) if ((this.#numbers.get(key) ?? Infinity) <= number) this.#numbers.delete(key);
  }

  /** Some of them that `isRipe`, the oldest first. */
  first(count: number, isRipe: (key: string) => boolean): readonly Deletion[] {
    const some: Deletion[] = [];
    for (const [key, number] of this.#numbers) if (isRipe(key) && some.push({ key, number }) === count) break;
    return some;
  }
}
