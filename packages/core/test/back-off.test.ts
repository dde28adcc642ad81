import { describe, expect, it } from "vitest";
import { BackOff } from "../src/back-off.js";

function failing(times: number, backOff: BackOff): BackOff {
  for (let i = 0; i < times; i++) backOff.failed(new Error(`failure ${String(i + 1)}`));
  return backOff;
}

describe("BackOff", () => {
  it("doubles its pauses from the first one on, up to the longest that is asked for", () => {
    const pauses = (longest: number): number[] =>
      [0, 1, 2, 3, 4, 5, 90].map((times) => failing(times, new BackOff({ random: () => 0, first: 10 })).pause(longest));
    expect(pauses(50)).toEqual([0, 10, 20, 40, 50, 50, 50]);
    expect(pauses(Infinity)).toEqual([0, 10, 20, 40, 80, 160, 10 * 2 ** 20]);
  });

  it("begins at 50 ms where no first pause is given", () => {
    expect(failing(1, new BackOff({ random: () => 0 })).pause(400)).toBe(50);
  });

  it("shortens each pause by up to half, by one draw for each failure", () => {
    const draws = [0.5, 1];
    const backOff = new BackOff({ random: () => draws.shift() ?? NaN, first: 100 });
    failing(1, backOff);
    expect([backOff.pause(1_000), backOff.pause(1_000)]).toEqual([75, 75]);
    failing(1, backOff);
    expect(backOff.pause(1_000)).toBe(100);
  });

  it("counts failures in a row, remembers the last, and is down from the third on", () => {
    const backOff = failing(2, new BackOff({ random: () => 0 }));
    expect([backOff.failures, backOff.down]).toEqual([2, false]);
    failing(1, backOff);
    expect([backOff.failures, backOff.down]).toEqual([3, true]);
    expect(backOff.lastError).toEqual(new Error("failure 1"));
    backOff.succeeded();
    expect([backOff.failures, backOff.down, backOff.lastError, backOff.pause(400)]).toEqual([0, false, undefined, 0]);
  });

  it("counts on an attempt under way for a second, and for 0.4 s while they fail", () => {
    const backOff = new BackOff({ random: () => 0 });
    expect(backOff.slowAfter).toBe(1_000);
    expect(failing(1, backOff).slowAfter).toBe(400);
  });

  it("counts on one for 0.4 s once what worked is lost, until something succeeds", () => {
    const backOff = new BackOff({ random: () => 0 });
    backOff.doubt();
    expect([backOff.slowAfter, backOff.failures, backOff.pause(400)]).toEqual([400, 0, 0]);
    backOff.succeeded();
    expect(backOff.slowAfter).toBe(1_000);
  });
});
