import type { Priority } from "./pool.js";
import { Ring } from "./ring.js";
import { Leaver, type Reject, type Resolve, type Queued, type Waiter } from "./waiter.js";

const FEW_SETTLED = 64;

/** Does one who has waited since then, and is due then, stay in the queue? */
type Stays = (since: number, deadline: number) => boolean;

/** Who waits, in the order of being served: by priority, then by arrival. Leaving from the middle costs as little as from the front. */
export class WaitQueue<R> {
  // A waiter's companion is its `reject`, and its number the time since when it waits.
  readonly #normal = new Ring<Queued<R>, Reject>();
  #high: Ring<Queued<R>, Reject> | undefined;
  #low: Ring<Queued<R>, Reject> | undefined;
  /** How long those wait who said nothing. */
  readonly #patience: number;
  /** Those still waiting. */
  #waiting = 0;
  #servedSince = 0;
  #settledInside = 0;

  // Of one pass over all. The function is made once: a new one in each would have to be compiled each time.
  #stays: Stays = () => true;
  #leavers: Leaver<R>[] = [];
  readonly #keep = (queued: Queued<R>, reject: Reject, since: number): boolean => {
    if (hasLeft(queued)) return false;
    const deadline = typeof queued === "function" ? since + this.#patience : queued.deadline;
    if (this.#stays(since, deadline)) return true;
    if (typeof queued !== "function") queued.settled = true;
    this.#leavers.push(new Leaver(queued, reject, since, deadline));
    return false;
  };

  /** @param patience how long those wait who say nothing, in ms */
  constructor(patience: number) {
    this.#patience = patience;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** One who said nothing. */
  pushPlain(resolve: Resolve<R>, reject: Reject, since: number): void {
    this.#normal.push(resolve, reject, since);
    this.#waiting++;
  }

  push(waiter: Waiter<R>, since: number, priority?: Priority): void {
    this.#ring(priority).push(waiter, waiter.reject, since);
    this.#waiting++;
  }

  /** The next to be served; it has left the queue. */
  shift(): Queued<R> | undefined {
    return this.#shiftFrom(this.#high) ?? this.#shiftFrom(this.#normal) ?? this.#shiftFrom(this.#low);
  }

  /** Since when the one waited that was shifted last. */
  get since(): number {
    return this.#servedSince;
  }

  /** Takes one out from wherever it stands. False when it has left already. */
  remove(waiter: Waiter<R>): boolean {
    if (waiter.settled) return false;
    waiter.settled = true;
    this.#waiting--;
    // Those of one signal leave in the order in which they came.
    if (this.#normal.first === waiter) this.#normal.shift();
    else if (++this.#settledInside > FEW_SETTLED && this.#settledInside > this.#waiting) this.#filter(isWaiting);
    return true;
  }

  /** Takes out all for whom `stays` is false, in the order of being served. */
  takeOut(stays: Stays): readonly Leaver<R>[] {
    this.#stays = stays;
    this.#filter(this.#keep);
    const leavers = this.#leavers;
    this.#leavers = [];
    this.#waiting -= leavers.length;
    return leavers;
  }

  #shiftFrom(ring: Ring<Queued<R>, Reject> | undefined): Queued<R> | undefined {
    for (let queued = ring?.shift(); queued !== undefined; queued = ring?.shift()) {
      if (hasLeft(queued)) {
        this.#settledInside--;
        continue;
      }
      if (typeof queued !== "function") queued.settled = true;
      this.#waiting--;
      this.#servedSince = ring?.number ?? 0;
      return queued;
    }
    return undefined;
  }

  /** All places of those who have left go with it. */
  #filter(keep: (queued: Queued<R>, reject: Reject, since: number) => boolean): void {
    this.#high?.filter(keep);
    this.#normal.filter(keep);
    this.#low?.filter(keep);
    this.#settledInside = 0;
  }

  #ring(priority: Priority | undefined): Ring<Queued<R>, Reject> {
    if (priority === "high") return (this.#high ??= new Ring());
    if (priority === "low") return (this.#low ??= new Ring());
    return this.#normal;
  }
}

function hasLeft(queued: Queued<never>): boolean {
  return typeof queued !== "function" && queued.settled;
}

function isWaiting(queued: Queued<never>): boolean {
  return !hasLeft(queued);
}
