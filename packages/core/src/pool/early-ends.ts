/** For so long, in ms, after one such end the next is no chance. */
const DOUBT = 1_000;

/** Where the pool stands, as far as the end of a resource is judged by it. */
export interface Standing {
  readonly now: number;
  /** The id of the last resource whose connect was started. */
  readonly newest: number;
  /** How many have been lent so far. */
  readonly lent: number;
}

/**
 * Resources that end soon after their opening and before their first loan: a backend that greets and hangs up. One may be chance, and so may all
 * that are cut together; those that come one after the other, with nothing lent between them, count as connects that failed.
 */
export class EarlyEnds {
  #last: Standing = { now: -Infinity, newest: 0, lent: 0 };

  /** Is opening one no success, for now? */
  hasDoubt({ now, lent }: Standing): boolean {
    return now - this.#last.now < DOUBT && lent === this.#last.lent;
  }

  /** One has ended so. Does it count as a connect that failed? */
  add(id: number, standing: Standing): boolean {
    const counts = this.hasDoubt(standing) && id > this.#last.newest;
    this.#last = standing;
    return counts;
  }
}
