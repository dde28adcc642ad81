import { seededRandom } from "./random.js";

/** Choices that come again for the same seed. */
export interface Dice {
  readonly seed: number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

export function diceFrom(seed: number): Dice {
  const random = seededRandom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  return {
    seed,
    below,
    chance: (probability) => random() < probability,
    // The index is within bounds for a list that is not empty.
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
  };
}

/** The seed of this run: `POOL_TEST_SEED` to see a failure again, else a fresh one. Storms print it. */
export function seedOfRun(): number {
  const given = process.env.POOL_TEST_SEED;
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}
