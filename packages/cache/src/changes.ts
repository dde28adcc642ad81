import type { Clock } from "@pool/core";

/** One change of the store, from its beginning until it has an answer or is given up. Dispose it then. */
export class Change implements Disposable {
  /** Later ones have greater numbers. */
  readonly number: number;
  readonly keys: readonly string[];
  /** Those of the same keys that began before are over. */
  readonly turn: Promise<unknown>;
  readonly over: Promise<void>;
  readonly #end: () => void;
  readonly #clock: Clock;
  readonly #settled: (change: Change) => void;
  #isOver = false;
  #landsUntil: number | undefined;

  constructor(
    number: number,
    keys: readonly string[],
    turn: Promise<unknown>,
    clock: Clock,
    settled: (change: Change) => void,
  ) {
    this.number = number;
    this.keys = keys;
    this.turn = turn;
    this.#clock = clock;
    this.#settled = settled;
    ({ promise: this.over, resolve: this.#end } = Promise.withResolvers());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The store may still carry it out, and what it writes would still be good. */
  get mayLand(): boolean {
    return this.#landsUntil !== undefined && this.#clock.now() < this.#landsUntil;
  }

  /** What the store is asked to write, for `ttl` ms; given up or not, it may land until it settles. */
  async follow<T>(writing: Promise<T>, ttl: number): Promise<T> {
    this.#landsUntil = this.#clock.now() + ttl;
    try {
      return await writing;
    } finally {
      this.#landsUntil = undefined;
      this.#settled(this);
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#end();
    this.#settled(this);
  }
}

/** The changes under way, by key: a deletion has its turn after the write that began before it, and a write that was given up is not forgotten. */
export class Changes {
  readonly #clock: Clock;
  readonly #landed: () => void;
  readonly #byKey = new Map<string, Set<Change>>();
  #last = 0;

  /** @param landed called when one that was given up has settled */
  constructor(clock: Clock, landed: () => void) {
    this.#clock = clock;
    this.#landed = landed;
  }

  begin(keys: readonly string[]): Change {
    const before = keys.flatMap((key) => [...(this.#byKey.get(key) ?? [])]).filter(({ isOver }) => !isOver);
    const turn = Promise.all(before.map(({ over }) => over));
    let isGivenUp = false;
    const settled = (change: Change): void => {
      if (!change.isOver) return;
      if (change.mayLand) isGivenUp = true;
      else this.#drop(change, isGivenUp);
    };
    const change = new Change(++this.#last, keys, turn, this.#clock, settled);
    for (const key of keys) this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(change));
    return change;
  }

  /** No other change of its keys began after it. */
  isNewest(change: Change): boolean {
    return change.keys.every((key) => [...(this.#byKey.get(key) ?? [])].every(({ number }) => number <= change.number));
  }

  /** Some write of this key may still land. */
  isOpen(key: string): boolean {
    return [...(this.#byKey.get(key) ?? [])].some(({ mayLand }) => mayLand);
  }

  #drop(change: Change, wasGivenUp: boolean): void {
    for (const key of change.keys) {
      const all = this.#byKey.get(key);
      all?.delete(change);
      if (all?.size === 0) this.#byKey.delete(key);
    }
    if (wasGivenUp) this.#landed();
  }
}
