/**
 * What is alive in this process, for those that watch it from outside. Refers to it weakly: whoever forgets to close something does not keep it
 * here for ever.
 */
export class Roster<T extends object> {
  readonly #members = new Set<WeakRef<T>>();
  readonly #refs = new WeakMap<T, WeakRef<T>>();

  add(member: T): void {
    if (this.#refs.has(member)) return;
    const ref = new WeakRef(member);
    this.#refs.set(member, ref);
    this.#members.add(ref);
  }

  delete(member: T): void {
    const ref = this.#refs.get(member);
    if (ref === undefined) return;
    this.#refs.delete(member);
    this.#members.delete(ref);
  }

  /** A snapshot, in the order in which they came. */
  list(): readonly T[] {
    const alive: T[] = [];
    for (const ref of this.#members) {
      const member = ref.deref();
      if (member === undefined) this.#members.delete(ref);
      else alive.push(member);
    }
    return alive;
  }
}
