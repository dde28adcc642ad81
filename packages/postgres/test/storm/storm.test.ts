import { seedOfRun, startPostgres } from "@pool/testing";
import { test } from "vitest";
import { storm } from "./storm.js";

test("200 callers, killed backends, cut lines and aborts leave a ledger that is exact", async () => {
  const seed = seedOfRun();
  await using server = await startPostgres({ own: true });
  try {
    await storm(server, { seed, ms: 6_000, callers: 200 });
  } catch (error) {
    throw new Error(`the storm with POOL_TEST_SEED=${seed} failed`, { cause: error });
  }
}, 60_000);
