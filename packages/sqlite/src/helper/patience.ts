const MOST_CREDIT = 16;
const CREDIT_AFTER = 4;
const FIRST_PAUSE = 16;
const LONGEST_PAUSE = 1_024;

/**
 * Is it worth to look for something for a moment before sleeping? Waking up costs ten times what a look costs, where there is a processor to
 * spare; where there is none, whoever looks keeps the other one from working. So it is found out: as long as looking succeeds it is done,
 * and after it has failed it is tried again ever more seldom.
 */
export class Patience {
  #credit = MOST_CREDIT;
  #pause = FIRST_PAUSE;
  #left = 0;

  get worthwhile(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  succeeded(): void {
    if (this.#credit < MOST_CREDIT) this.#credit++;
    else this.#pause = FIRST_PAUSE;
  }

  failed(): void {
    this.#credit -= 2;
    if (this.#credit > 0) return;
    this.#credit = CREDIT_AFTER;
    this.#left = this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }
}
