const MOST = 100_000;

/** Keys that are deleted here, and of which the store has not heard yet. When there are too many, the oldest is forgotten. */
export class Deletions {
  readonly #keys = new Set<string>();

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(keys: readonly string[]): void {
    for (const key of keys) {
      this.#keys.delete(key); // to the end
      this.#keys.add(key);
    }
    for (const oldest of this.#keys) {
      if (this.#keys.size <= MOST) return;
      this.#keys.delete(oldest);
    }
  }

  done(keys: readonly string[]): void {
    for (const key of keys) this.#keys.delete(key);
  }

  first(count: number): readonly string[] {
    const some: string[] = [];
    for (const key of this.#keys) if (some.push(key) === count) break;
    return some;
  }
}
