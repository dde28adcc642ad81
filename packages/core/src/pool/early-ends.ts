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

/** `chance` says nothing · `failed` counts as a connect that failed · `died`: the backend works, and the line to it does not hold. */
export type Verdict = "chance" | "failed" | "died";

/**
 * Resources that end soon after their opening and before their first loan. One may be chance. Those that come one after the other are the work of a backend
 * that greets and hangs up, and count as connects that failed; unless others could be lent between them, so that opening does succeed.
 */
export class EarlyEnds {
  #last: Standing = { now: -Infinity, newest: 0, lent: 0 };
  #verdict: Verdict = "chance";

  /** Is opening one no success, for now? */
  hasDoubt({ now, lent }: Standing): boolean {
    return now - this.#last.now < DOUBT && lent === this.#last.lent;
  }

  /** One has ended so. */
  add(id: number, standing: Standing): Verdict {
    if (id <= this.#last.newest) {
      // It was there or under way at the last of them: cut together with it, it is no second failure.
      this.#last = { ...this.#last, now: standing.now };
      return this.#verdict === "failed" ? "chance" : this.#verdict;
    }
    if (this.hasDoubt(standing)) this.#verdict = "failed";
    else this.#verdict = standing.now - this.#last.now < DOUBT ? "died" : "chance";
    this.#last = standing;
    return this.#verdict;
  }
}
