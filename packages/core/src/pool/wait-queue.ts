import type { Priority } from "./pool.js";
import { Ring } from "./ring.js";
import type { Waiter } from "./waiter.js";

const FEW_SETTLED = 64;

/** Who waits, in the order of being served: by priority, then by arrival. Leaving from the middle costs as little as from the front. */
export class WaitQueue<R> {
  readonly #normal = new Ring<Waiter<R>>();
  #high: Ring<Waiter<R>> | undefined;
  #low: Ring<Waiter<R>> | undefined;
  /** Those still waiting. */
  #waiting = 0;
  #settledInside = 0;
  readonly #later = new Map<number, { readonly ms: number; readonly until: number }>();

  // Of one scan. The function is made once: a new one in each scan would have to be compiled each time.
  #now = 0;
  #earliest = Infinity;
  #expired: Waiter<R>[] = [];
  #since = NaN;
  #lateness = 0;
  readonly #staysUntilDue = (waiter: Waiter<R>): boolean => {
    if (waiter.settled) return false;
    const { deadline } = waiter;
    if (deadline <= this.#now) {
      waiter.settled = true;
      this.#expired.push(waiter);
      return false;
    }
    if (deadline < this.#earliest) this.#earliest = deadline;
    return true;
  };
  readonly #staysUntilLate = (waiter: Waiter<R>): boolean => {
    if (waiter.since !== this.#since) this.#lateness = this.#later.get((this.#since = waiter.since))?.ms ?? 0;
    const late = waiter.deadline + this.#lateness;
    if (waiter.settled || waiter.deadline > this.#now || late <= this.#now) return this.#staysUntilDue(waiter);
    if (late < this.#earliest) this.#earliest = late;
    return true;
  };

  get waiting(): number {
    return this.#waiting;
  }

  push(waiter: Waiter<R>, priority?: Priority): void {
    this.#ring(priority).push(waiter);
    this.#waiting++;
  }

  /** The next to be served; it has left the queue. */
  shift(): Waiter<R> | undefined {
    for (;;) {
      const waiter = this.#high?.shift() ?? this.#normal.shift() ?? this.#low?.shift();
      if (waiter === undefined) return undefined;
      if (waiter.settled) {
        this.#settledInside--;
        continue;
      }
      waiter.settled = true;
      this.#waiting--;
      return waiter;
    }
  }

  /** Takes one out from wherever it stands. False when it has left already. */
  remove(waiter: Waiter<R>): boolean {
    if (waiter.settled) return false;
    waiter.settled = true;
    this.#waiting--;
    if (++this.#settledInside > FEW_SETTLED && this.#settledInside > this.#waiting) this.#compact();
    return true;
  }

  /** Takes out those whose deadline has come, and tells the earliest deadline of the rest. */
  expire(now: number): { readonly expired: readonly Waiter<R>[]; readonly earliest: number } {
    this.#now = now;
    this.#since = NaN;
    this.#earliest = Infinity;
    const stays = this.#later.size > 0 ? this.#staysUntilLate : this.#staysUntilDue;
    this.#high?.filter(stays);
    this.#normal.filter(stays);
    this.#low?.filter(stays);
    for (const [time, { until }] of this.#later) {
      if (until > now) break; // they are in order
      this.#later.delete(time);
    }
    const expired = this.#expired;
    this.#expired = [];
    this.#waiting -= expired.length;
    this.#settledInside = 0;
    return { expired, earliest: this.#earliest };
  }

  /** Takes out those who came until `time`, in the order of being served. */
  leaveUntil(time: number): readonly Waiter<R>[] {
    const leaving: Waiter<R>[] = [];
    for (const ring of [this.#high, this.#normal, this.#low]) {
      ring?.filter((waiter) => {
        if (waiter.settled) return false;
        if (waiter.since > time) return true;
        waiter.settled = true;
        leaving.push(waiter);
        return false;
      });
    }
    this.#waiting -= leaving.length;
    this.#settledInside = 0;
    return leaving;
  }

  /** Those who came at `time` may have come up to `ms` later, and are due by as much later. Forgotten by the first scan from `until` on. */
  mayBeLater(time: number, ms: number, until: number): void {
    if (until < Infinity) this.#later.set(time, { ms, until });
  }

  #compact(): void {
    this.#high?.filter(isWaiting);
    this.#normal.filter(isWaiting);
    this.#low?.filter(isWaiting);
    this.#settledInside = 0;
  }

  #ring(priority: Priority | undefined): Ring<Waiter<R>> {
    if (priority === "high") return (this.#high ??= new Ring());
    if (priority === "low") return (this.#low ??= new Ring());
    return this.#normal;
  }
}

function isWaiting({ settled }: Waiter<never>): boolean {
  return !settled;
}
