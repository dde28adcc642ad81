import type { Ticket } from "./computing.js";

/** The work that is under way, by key. */
export class Tickets {
  readonly #byKey = new Map<string, Set<Ticket>>();

  open(key: string): Ticket {
    const ticket = { key, isVoid: false };
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
    for (const ticket of this.#byKey.get(key) ?? []) ticket.isVoid = true;
  }
}
