import { seedOfRun, startPostgres } from "@pool/testing";
import { test } from "vitest";
import { storm } from "./storm.js";

const first = seedOfRun();

test.each([0, 1, 2, 3, 4])("storm %i: 500 callers for a minute", async (nth) => {
  const seed = first + nth;
  await using server = await startPostgres({ own: true });
  try {
    await storm(server, { seed, ms: 60_000, callers: 500 });
  } catch (error) {
    throw new Error(`the storm with POOL_TEST_SEED=${seed} failed`, { cause: error });
  }
});
