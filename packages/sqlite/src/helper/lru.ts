/**
 * A bounded map that forgets what was not used since it last looked (the clock algorithm): a hit sets one flag, where a true
 * least-recently-used map would move the entry. One new entry looks at most twice at each old one.
 */
export class BoundedMap<V> {
  readonly #limit: number;
  readonly #entries = new Map<string, { value: V; used: boolean }>();
  readonly #forgotten: ((value: V) => void) | undefined;

  constructor(limit: number, forgotten?: (value: V) => void) {
    this.#limit = limit;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.value;
  }

  set(key: string, value: V): void {
    if (this.#limit === 0) return;
    if (!this.#entries.has(key)) this.#makeRoom();
    this.#entries.set(key, { value, used: false });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  values(): V[] {
    return Array.from(this.#entries.values(), (entry) => entry.value);
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#limit) return;
    // A map is walked in the order of insertion; what was used gets a second round at its end.
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      if (!entry.used) {
        this.#forgotten?.(entry.value);
        return;
      }
      entry.used = false;
      this.#entries.set(key, entry);
    }
  }
}
