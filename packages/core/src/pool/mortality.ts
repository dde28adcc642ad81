/** A resource that dies within so many ms of its opening has died young. */
const YOUNG = 150;
/** What happened is half forgotten after so long, in ms. */
const HALF_LIFE = 350;
/** So many recent deaths, the last counted as one, are no chance. */
const NO_CHANCE = 1.5;
/** Such a share of what was opened is most of it. */
const MOST = 0.75;

/**
 * How many of the resources that were opened of late have died young. Where it is most of them, connects succeed and what they open does not live: a line
 * that is cut again and again. Where it is fewer, each has died of its own cause.
 */
export class Mortality {
  readonly #opened = new Recent();
  readonly #diedYoung = new Recent();

  opened(now: number): void {
    this.#opened.add(now);
  }

  died(openedAt: number, now: number): void {
    if (now - openedAt < YOUNG) this.#diedYoung.add(now);
  }

  isHigh(now: number): boolean {
    const died = this.#diedYoung.at(now);
    return died >= NO_CHANCE && died >= MOST * this.#opened.at(now);
  }

  clear(): void {
    this.#diedYoung.clear();
  }
}

/** Counts, and forgets by and by. */
class Recent {
  #count = 0;
  #countedAt = 0;

  add(now: number): void {
    this.#count = this.at(now) + 1;
    this.#countedAt = now;
  }

  at(now: number): number {
    return this.#count === 0 ? 0 : this.#count * 2 ** ((this.#countedAt - now) / HALF_LIFE);
  }

  clear(): void {
    this.#count = 0;
  }
}
