import { it } from "vitest";
import { seedOfRun } from "../support/dice.js";
import { storm } from "../support/storm.js";

const SEEDS = Number(process.env.STORM_SEEDS ?? 50_000);
const FIRST = seedOfRun();

it(`keeps every promise through ${String(SEEDS)} long storms from seed ${String(FIRST)}`, async () => {
  let calls = 0;
  for (let i = 0; i < SEEDS; i++) {
    const seed = FIRST + i;
    const report = await storm(seed, 100 + (seed % 400));
    calls += report.calls;
    if ((i + 1) % 10_000 === 0) console.log(`${String(i + 1)} storms, ${String(calls)} acquires`);
  }
});
