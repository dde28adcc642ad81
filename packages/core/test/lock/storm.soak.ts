import { it } from "vitest";
import { seedOfRun } from "../support/dice.js";
import { lockStorm } from "../support/lock-storm.js";

const SEEDS = Number(process.env.STORM_SEEDS ?? 10_000);
const FIRST = seedOfRun();

it(`has one holder at a time through ${String(SEEDS)} long storms from seed ${String(FIRST)}`, async () => {
  let given = 0;
  for (let i = 0; i < SEEDS; i++) {
    given += (await lockStorm(FIRST + i, 100 + (i % 400))).given;
    if ((i + 1) % 1_000 === 0) console.log(`${String(i + 1)} storms, ${String(given)} locks given`);
  }
});
