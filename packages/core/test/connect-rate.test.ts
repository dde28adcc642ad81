import { describe, expect, it } from "vitest";
import { ConnectRate } from "../src/connect-rate.js";

/** Starts as soon as it may, up to a time. */
function startAll(rate: ConnectRate, from: number, until: number): number[] {
  const times: number[] = [];
  for (let at = Math.max(from, rate.nextAt); at < until; at = Math.max(at, rate.nextAt)) {
    rate.add(at);
    times.push(at);
  }
  return times;
}

describe("ConnectRate", () => {
  it("lets eight start at once, and then one in 100 ms: never more than 18 in any second", () => {
    const times = startAll(new ConnectRate(), 0, 10_000);
    expect(times.slice(0, 10)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 100, 200]);
    const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at <= from + 1_000).length));
    expect(most).toBe(18);
  });

  it("lets several start at once again after a quiet time", () => {
    const rate = new ConnectRate();
    startAll(rate, 0, 1_000);
    expect(startAll(rate, 1_500, 1_501)).toHaveLength(6);
  });

  it("does not make those wait for long who come after many that nobody held back", () => {
    const rate = new ConnectRate();
    for (let i = 0; i < 100; i++) rate.add(0);
    expect([rate.nextAt, rate.last]).toEqual([100, 0]);
  });

  it("counts what is to start later", () => {
    const rate = new ConnectRate();
    startAll(rate, 0, 1);
    const turns = [1, 2, 3].map(() => {
      const { nextAt } = rate;
      rate.add(nextAt);
      return nextAt;
    });
    expect(turns).toEqual([100, 200, 300]);
  });

  it("forgets all once the backend is back", () => {
    const rate = new ConnectRate();
    startAll(rate, 0, 500);
    rate.clear();
    expect([rate.nextAt, rate.last]).toEqual([-Infinity, -Infinity]);
  });
});
