import { test } from "vitest";
import { seedOfRun } from "../support/dice.js";
import { runStorm } from "./run-storm.js";

const STORMS = 3_000;

test("thousands of storms of sessions and transactions keep every promise", async () => {
  const first = seedOfRun();
  console.log(`transaction storms: seeds ${String(first)} to ${String(first + STORMS - 1)}`);
  const met = new Map<string, number>();
  for (let seed = first; seed < first + STORMS; seed++) {
    try {
      for (const [outcome, count] of await runStorm(seed)) met.set(outcome, (met.get(outcome) ?? 0) + count);
    } catch (error) {
      throw new Error(`seed ${String(seed)}`, { cause: error });
    }
  }
  console.log(
    [...met]
      .toSorted((a, b) => b[1] - a[1])
      .map(([outcome, count]) => `${String(count)} ${outcome}`)
      .join("\n"),
  );
});
