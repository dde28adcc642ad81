import { expect, it } from "vitest";
import { storm, type StormReport } from "../support/storm.js";

const SEEDS = 500;
const STEPS = 200;

it(`keeps every promise through ${String(SEEDS)} storms of ${String(STEPS)} steps`, async () => {
  const reports: StormReport[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) reports.push(await storm(seed, STEPS));

  // The storms are worth nothing unless they get everywhere.
  const failures = new Set(reports.flatMap((report) => Object.keys(report.failures)));
  for (const code of ["ACQUIRE_TIMEOUT", "QUEUE_FULL", "UNAVAILABLE", "SELF_DEADLOCK", "POOL_CLOSED"])
    expect(failures).toContain(code);
  const unseen = Object.keys(reports[0]?.closedBy ?? {}).filter((reason) =>
    reports.every((report) => report.closedBy[reason] === 0),
  );
  expect(unseen).toEqual(["dropped", "fatal-error", "hook-refused"]); // take garbage collection, a factory's word, and hooks
  expect(reports.reduce((sum, report) => sum + report.calls, 0)).toBeGreaterThan(10_000);
}, 120_000);
