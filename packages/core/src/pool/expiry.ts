import type { WaitQueue } from "./wait-queue.js";
import type { Leaver } from "./waiter.js";

/** Who in a queue is due, where some may have come later than they are noted down. */
export class Expiry {
  readonly #later = new Map<number, { readonly ms: number; readonly until: number }>();

  // Of one scan. The functions are made once: new ones in each scan would have to be compiled each time.
  #now = 0;
  #earliest = Infinity;
  #since = NaN;
  #lateness = 0;
  readonly #isNotDue = (_since: number, deadline: number): boolean => {
    if (deadline <= this.#now) return false;
    if (deadline < this.#earliest) this.#earliest = deadline;
    return true;
  };
  readonly #isNotDueYet = (since: number, deadline: number): boolean => {
    if (since !== this.#since) this.#lateness = this.#later.get((this.#since = since))?.ms ?? 0;
    return this.#isNotDue(since, deadline > this.#now ? deadline : deadline + this.#lateness);
  };

  /** Those who came at `time` may have come up to `ms` later, and are due by as much later. Forgotten by the first scan from `until` on. */
  mayBeLater(time: number, ms: number, until: number): void {
    if (until < Infinity) this.#later.set(time, { ms, until });
  }

  /** Takes out those whose deadline has come, and tells the earliest deadline of the rest. */
  takeDue<R>(queue: WaitQueue<R>, now: number): { readonly expired: readonly Leaver<R>[]; readonly earliest: number } {
    this.#now = now;
    this.#since = NaN;
    this.#earliest = Infinity;
    const expired = queue.takeOut(this.#later.size > 0 ? this.#isNotDueYet : this.#isNotDue);
    for (const [time, { until }] of this.#later) {
      if (until > now) break; // they are in order
      this.#later.delete(time);
    }
    return { expired, earliest: this.#earliest };
  }
}
