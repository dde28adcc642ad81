import { expect, test } from "vitest";
import { TimeLimit, type Limited } from "../../src/transaction/time-limit.js";
import { diceFrom } from "../support/dice.js";
import { ManualClock } from "../support/manual-clock.js";

class Work implements Limited {
  dueAt = 0;
  earlier: Limited | undefined = undefined;
  later: Limited | undefined = undefined;
  readonly #onRanOut: (work: Work) => void;

  constructor(onRanOut: (work: Work) => void = () => undefined) {
    this.#onRanOut = onRanOut;
  }

  ranOut(): void {
    this.#onRanOut(this);
  }
}

test("each runs out when its own time is over, with one timer for all", async () => {
  const clock = new ManualClock();
  const limit = new TimeLimit(clock, 100);
  const ranOut: [Work, number][] = [];
  const [first, second, third] = Array.from({ length: 3 }, () => new Work((work) => ranOut.push([work, clock.now()])));
  const start = clock.now();
  for (const work of [first!, second!, third!]) {
    limit.start(work);
    expect(clock.pending).toBe(1);
    await clock.advance(30);
  }
  limit.stop(second!);
  await clock.advance(500);
  expect(ranOut).toEqual([
    [first, start + 100],
    [third, start + 160],
  ]);
  expect(clock.pending).toBe(0);
});

test("one that is started when another runs out has its whole time", async () => {
  const clock = new ManualClock();
  const limit = new TimeLimit(clock, 100);
  const start = clock.now();
  let ended = 0;
  const second = new Work(() => (ended = clock.now()));
  limit.start(new Work(() => limit.start(second)));
  await clock.advance(1_000);
  expect(ended).toBe(start + 200);
});

test("whatever starts and stops when, all that are not stopped run out, once and in time", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const dice = diceFrom(seed);
    const clock = new ManualClock();
    const limit = new TimeLimit(clock, 50);
    const running = new Map<Work, number>();
    for (let step = 0; step < 200; step++) {
      const work = new Work((over) => {
        expect(running.get(over)).toBe(clock.now());
        running.delete(over);
      });
      running.set(work, clock.now() + 50);
      limit.start(work);
      const [stopped] = [...running.keys()].filter(() => dice.chance(0.1));
      if (stopped !== undefined) {
        limit.stop(stopped);
        running.delete(stopped);
      }
      if (dice.chance(0.5)) await clock.advance(dice.below(20));
    }
    await clock.advance(50);
    expect(running.size).toBe(0);
  }
});
