import { seedOfRun } from "@pool/testing";
import { test } from "vitest";
import { storm } from "./storm.js";

const first = seedOfRun();

test.each([0, 1, 2, 3, 4, 5])("storm %i: money is neither made nor lost in 20 s of kills and aborts", async (nth) => {
  const seed = first + nth;
  console.log(`POOL_TEST_SEED=${seed}`);
  await storm(seed, 20_000);
});
