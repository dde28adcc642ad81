import { expect, test } from "vitest";
import { runStorm } from "./run-storm.js";

// The last one has found a statement that ran outside of its transaction.
const SEEDS = [...Array.from({ length: 25 }, (_, index) => 1_000 + index), 174_090_083];
const met = new Set<string>();

test.each(SEEDS)("a storm of sessions and transactions keeps every promise (seed %i)", async (seed) => {
  for (const outcome of (await runStorm(seed)).keys()) met.add(outcome);
});

test("the storms have met every outcome that they are about", () => {
  const resolved = ["query", "transaction", "session", "openSession", "sandbox", "batch"].map(
    (kind) => `${kind} resolved`,
  );
  const failures = ["OUTCOME_UNKNOWN", "QUERY_TIMEOUT", "serialization", "lost", "aborted", "changed my mind"];
  const rejected = [...failures.map((name) => `transaction rejected: ${name}`), "session rejected: TRANSACTION_OPEN"];
  expect([...resolved, ...rejected].filter((outcome) => !met.has(outcome))).toEqual([]);
});
