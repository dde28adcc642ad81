const FEW = 64;

/**
 * What is alive in this process, for those that watch it from outside. Refers to it weakly: whoever forgets to close something does not keep it
 * here for ever.
 */
export class Roster<T extends object> {
  readonly #members = new Set<WeakRef<T>>();
  readonly #refs = new WeakMap<T, WeakRef<T>>();
  /** With so many it looks for those that are gone: twice as many as were left the last time, so that a coming costs the same however many there are. */
  #sweepAt = FEW;

  add(member: T): void {
    if (this.#refs.has(member)) return;
    const ref = new WeakRef(member);
    this.#refs.set(member, ref);
    this.#members.add(ref);
    if (this.#members.size >= this.#sweepAt) this.list();
  }

  /** A snapshot, in the order in which they came. */
  list(): readonly T[] {
    const alive: T[] = [];
    for (const ref of this.#members) {
      const member = ref.deref();
      if (member === undefined) this.#members.delete(ref);
      else alive.push(member);
    }
    this.#sweepAt = 2 * alive.length + FEW;
    return alive;
  }
}
