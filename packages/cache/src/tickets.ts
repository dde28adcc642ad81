/** Work for one key. What it comes to is not kept when that is known to be older than what was said since. */
export interface Ticket {
  readonly key: string;
  readonly tags: readonly string[];
  /** It may still find an entry, with whatever tags. */
  isReading: boolean;
  /** The key was deleted or set meanwhile, or one of its tags invalidated. */
  voidedBy: "key" | "tag" | undefined;
}

/** The work that is under way, by key. */
export class Tickets {
  readonly #byKey = new Map<string, Set<Ticket>>();

  open(key: string, tags: readonly string[], isReading = false): Ticket {
    const ticket: Ticket = { key, tags, isReading, voidedBy: undefined };
    const all = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, all.add(ticket));
    return ticket;
  }

  close(ticket: Ticket): void {
    const all = this.#byKey.get(ticket.key);
    all?.delete(ticket);
    if (all?.size === 0) this.#byKey.delete(ticket.key);
  }

  /** What the work for this key comes to from now on is older than what its caller knows. */
  cancel(key: string): void {
    for (const ticket of this.#byKey.get(key) ?? []) ticket.voidedBy = "key";
  }

  /** The same for work with one of these tags. Returns the keys of all work that may come to something older. */
  cancelTagged(tags: readonly string[]): readonly string[] {
    const keys: string[] = [];
    for (const ticket of [...this.#byKey.values()].flatMap((all) => [...all])) {
      const isTagged = ticket.tags.some((tag) => tags.includes(tag));
      if (isTagged) ticket.voidedBy ??= "tag";
      if (isTagged || ticket.isReading) keys.push(ticket.key);
    }
    return keys;
  }
}
