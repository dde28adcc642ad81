import { afterEach, describe, expect, it, vi } from "vitest";
import { diceFrom, seededRandom, seedOfRun } from "../src/index.js";

describe("dice", () => {
  it("fall the same for the same seed, and otherwise for another", () => {
    const throws = (seed: number): number[] => {
      const dice = diceFrom(seed);
      return Array.from({ length: 20 }, () => dice.below(6));
    };
    expect(throws(7)).toEqual(throws(7));
    expect(throws(7)).not.toEqual(throws(8));
  });

  it.each([0, 1, -1, 0.5, 2 ** 31, 2 ** 40])("are fair, and within their bounds (seed %d)", (seed) => {
    const dice = diceFrom(seed);
    const counts = new Map<string, number>();
    for (let nth = 0; nth < 6_000; nth++) {
      const face = dice.pick(["a", "b", "c"]);
      counts.set(face, (counts.get(face) ?? 0) + 1);
      const below = dice.below(4);
      expect([0, 1, 2, 3]).toContain(below);
    }
    expect([...counts.keys()].toSorted()).toEqual(["a", "b", "c"]);
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(200);
    let hits = 0;
    for (let nth = 0; nth < 6_000; nth++) if (dice.chance(0.1)) hits++;
    expect(Math.abs(hits - 600)).toBeLessThan(150);
  });

  it("are numbers from 0 up to 1", () => {
    const random = seededRandom(3);
    for (let nth = 0; nth < 10_000; nth++) {
      const number = random();
      expect(number >= 0 && number < 1).toBe(true);
    }
  });
});

describe("the seed of a run", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it("is that of POOL_TEST_SEED, and else a fresh one", () => {
    vi.stubEnv("POOL_TEST_SEED", "42");
    expect(seedOfRun()).toBe(42);
    vi.stubEnv("POOL_TEST_SEED", undefined);
    expect(new Set(Array.from({ length: 10 }, seedOfRun)).size).toBeGreaterThan(5);
  });
});
