import { seedOfRun } from "@pool/testing";
import { test } from "vitest";
import { storm } from "./storm.js";

test("loses no acknowledged transfer in a storm of kills and aborts, and keeps no refused one", async () => {
  const seed = seedOfRun();
  try {
    await storm(seed, 4_000);
  } catch (error) {
    throw new Error(`the storm with POOL_TEST_SEED=${seed} failed`, { cause: error });
  }
}, 60_000);
