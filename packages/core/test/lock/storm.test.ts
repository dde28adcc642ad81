import { expect, it } from "vitest";
import { lockStorm, type LockStormReport } from "../support/lock-storm.js";

const SEEDS = 150;
const STEPS = 120;

it(`has one holder at a time through ${String(SEEDS)} storms of ${String(STEPS)} steps`, async () => {
  const reports: LockStormReport[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) reports.push(await lockStorm(seed, STEPS));

  // The storms are worth nothing unless they get everywhere.
  const sum = (count: (report: LockStormReport) => number): number => reports.reduce((all, one) => all + count(one), 0);
  expect(sum(({ given }) => given)).toBeGreaterThan(SEEDS * 5);
  expect(sum(({ lost }) => lost)).toBeGreaterThan(SEEDS);
  expect(sum(({ refused }) => refused)).toBeGreaterThan(SEEDS * 5);
  expect(sum(({ pauses }) => pauses)).toBeGreaterThan(SEEDS);
}, 120_000);
