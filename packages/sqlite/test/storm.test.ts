import { test } from "vitest";
import { storm } from "./storm.js";

test("loses no acknowledged transfer in a storm of kills and aborts, and keeps no refused one", async () => {
  const seed = Number(process.env.STORM_SEED ?? Date.now() % 1_000_000);
  try {
    await storm(seed, 4_000);
  } catch (error) {
    throw new Error(`the storm with STORM_SEED=${seed} failed`, { cause: error });
  }
}, 60_000);
