import { seededRandom, seedOfRun } from "@pool/testing";
import { expect, test } from "vitest";
import { Histogram } from "../src/measure/histogram.js";
import { Series } from "../src/measure/series.js";
import { SlidingCount } from "../src/measure/sliding-count.js";
import { Timing } from "../src/measure/timing.js";

function exactPercentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
}

test("percentiles are right within 5 %, count, mean and max exactly, over times of any size", () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  for (let round = 0; round < 30; round++) {
    const spread = 1 + random() * 14;
    const times = Array.from({ length: 1 + Math.floor(random() * 3_000) }, () => 0.02 * Math.exp(random() * spread));
    const histogram = new Histogram();
    for (const time of times) histogram.record(time);
    const sorted = times.toSorted((one, other) => one - other);
    const { count, mean, max } = histogram.summarise();
    const sum = times.reduce((all, time) => all + time, 0);
    expect([count, max], `seed ${seed}`).toEqual([times.length, sorted.at(-1)]);
    expect(mean).toBeCloseTo(sum / times.length, 6);
    for (const share of [0, 0.5, 0.95, 0.99, 1]) {
      const exact = exactPercentile(sorted, share);
      expect(Math.abs(histogram.percentile(share) - exact) / exact, `seed ${seed}, ${share}`).toBeLessThan(0.051);
    }
  }
});

test("counts up to a round bound are exact, the bound itself included", () => {
  const histogram = new Histogram();
  const bounds = [0.01, 0.07, 0.1, 0.5, 1, 2.5, 5, 10, 25, 50, 99, 100, 1_000, 2_500, 5_000, 10_000, 60_000, 1_000_000];
  for (const bound of bounds) {
    histogram.record(bound);
    histogram.record(bound * 1.001);
  }
  bounds.forEach((bound, at) => expect(histogram.countUpTo(bound), String(bound)).toBe(2 * at + 1));
  expect(histogram.countUpTo(Infinity)).toBe(2 * bounds.length);
});

test("no time is too small or too long to be recorded", () => {
  const histogram = new Histogram();
  for (const time of [0, -1, 1e-9, 1e9, Infinity]) histogram.record(time);
  expect(histogram.count).toBe(5);
  expect(histogram.percentile(0.2)).toBeLessThan(0.01);
});

test("an empty one is all zeros", () => {
  expect(new Histogram().summarise()).toEqual({ count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 });
});

test("adding histograms is as recording all of it in one", () => {
  const random = seededRandom(7);
  const [one, other, both] = [new Histogram(), new Histogram(), new Histogram()];
  for (let n = 0; n < 1_000; n++) {
    const time = random() * 1_000;
    (n % 3 === 0 ? one : other).record(time);
    both.record(time);
  }
  one.add(other);
  one.add(new Histogram());
  expect({ ...one.summarise(), mean: 0 }).toEqual({ ...both.summarise(), mean: 0 });
  expect(one.sum).toBeCloseTo(both.sum, 6);
  one.clear();
  expect(one.summarise().count + one.countUpTo(Infinity)).toBe(0);
});

test("a timing forgets what is older than its window, and keeps the sum of all", () => {
  const timing = new Timing();
  timing.record(100);
  expect(timing.summarise().count).toBe(1);
  for (let slice = 0; slice < 5; slice++) {
    timing.turn(true);
    timing.record(1);
    timing.turn(false);
  }
  expect(timing.summarise()).toMatchObject({ count: 6, max: 100 });
  expect(timing.max).toBe(100);
  timing.turn(true);
  expect(timing.summarise()).toMatchObject({ count: 5, max: 1 });
  expect([timing.max, timing.sum, timing.total().count]).toEqual([1, 105, 6]);
});

test("a sliding count tells how many there were, back to an hour", () => {
  const counted = new SlidingCount();
  let now = 5_000;
  for (let minute = 0; minute < 70; minute++) {
    counted.add(now, 2);
    now += 60_000;
  }
  now -= 60_000;
  expect(counted.within(10_000, now)).toBe(2);
  expect(counted.within(60_000, now)).toBe(2);
  expect(counted.within(70_000, now)).toBe(4);
  expect(counted.within(600_000, now)).toBe(20);
  expect(counted.within(3_600_000, now)).toBe(120);
  expect(counted.within(3_600_000, now + 1_800_000)).toBe(60);
  expect(counted.within(3_600_000, now + 36_000_000)).toBe(0);
  expect(counted.total).toBe(140);
});

test("a series keeps the last points in their order", () => {
  const series = new Series(3, 1_000);
  expect(series.last).toBeUndefined();
  expect(series.list()).toMatchObject({ stepMs: 1_000, times: [], leased: [] });
  const point = { idle: 0, waiting: 0, limit: 10, waitP95: 0, waitP99: 0, holdP95: 0, holdP99: 0 };
  for (let n = 1; n <= 5; n++)
    series.push({ ...point, time: n * 1_000, leased: n, acquired: 0, statements: 0, errors: 0, timeouts: 0 });
  expect(series.list()).toMatchObject({ times: [3_000, 4_000, 5_000], leased: [3, 4, 5], limit: [10, 10, 10] });
  expect(series.last).toMatchObject({ time: 5_000, leased: 5, limit: 10 });
});
