/** Numbers from 0 up to 1 that are the same for the same seed (the generator known as mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Choices that come again for the same seed. */
export interface Dice {
  readonly seed: number;
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  /** One of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

export function diceFrom(seed: number): Dice {
  const next = seededRandom(seed);
  const below = (end: number): number => Math.floor(next() * end);
  return {
    seed,
    next,
    below,
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T, // within the list, as it is not empty
  };
}

/** The seed of this run: `POOL_TEST_SEED`, to see a failure again, else a fresh one. A test that uses it has to name it when it fails. */
export function seedOfRun(): number {
  const given = process.env.POOL_TEST_SEED;
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}
