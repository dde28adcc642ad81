import { describe, expect, it } from "vitest";
import { Growth } from "../../src/pool/growth.js";

function growth(maxConnecting = 2, random = 0): Growth {
  return new Growth({ maxConnecting, random: () => random });
}

/** A connect that starts now and fails at once. */
function failAt(each: Growth, now: number, error: unknown = new Error("refused")): void {
  each.started(1, now);
  each.failed(error, now);
}

describe("Growth", () => {
  it("lets maxConnecting start at once while nothing fails", () => {
    expect(growth(3).allowance([], true, 0).starts).toBe(3);
    expect(growth(3).allowance([0, 0], true, 10).starts).toBe(1);
    expect(growth(3).allowance([0, 0, 0], true, 10).starts).toBe(0);
  });

  it("asks again when the oldest connect has taken a second, and no longer counts it then", () => {
    const waiting = growth(2).allowance([100, 400], true, 500);
    expect(waiting).toEqual({ starts: 0, askAgainAt: 1_100 });
    expect(growth(2).allowance([100, 400], true, 1_100).starts).toBe(1);
  });

  it("doubles its pauses from 50 ms to 400 ms while somebody waits, and to 5 s otherwise", () => {
    const each = growth();
    const wanted: number[] = [];
    const unwanted: number[] = [];
    for (let i = 0; i < 10; i++) {
      failAt(each, 1_000);
      wanted.push(each.pauseEndsAt(true, 1_000) - 1_000);
      unwanted.push(each.pauseEndsAt(false, 1_000) - 1_000);
    }
    expect(wanted).toEqual([50, 100, 200, 400, 400, 400, 400, 400, 400, 400]);
    expect(unwanted).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it("shortens a pause by up to half, once for each failure", () => {
    for (const random of [0, 0.25, 0.75, 0.999]) {
      const each = growth(2, random);
      failAt(each, 0);
      expect(each.pauseEndsAt(true, 0)).toBeCloseTo(50 * (1 - random / 2), 6);
      expect(each.pauseEndsAt(true, 0)).toBe(each.pauseEndsAt(true, 0));
    }
  });

  it("allows none during a pause, and one at a time afterwards", () => {
    const each = growth(5);
    failAt(each, 1_000);
    expect(each.allowance([], true, 1_049)).toEqual({ starts: 0, askAgainAt: 1_050 });
    expect(each.allowance([], true, 1_050).starts).toBe(1);
    expect(each.allowance([1_040], true, 1_050).starts).toBe(0);
    expect(each.allowance([600], true, 1_050).starts).toBe(1); // it has taken more than 400 ms: it may hang
  });

  it("is down after three failures in a row, and up after one success", () => {
    const each = growth();
    const error = new Error("refused");
    for (const down of [false, false, true]) {
      failAt(each, 0, error);
      expect(each.isDown(0)).toBe(down);
    }
    expect([each.failures, each.lastError]).toEqual([3, error]);
    each.succeeded();
    expect([each.failures, each.lastError, each.isDown(0)]).toEqual([0, undefined, false]);
    expect(each.allowance([], true, 0).starts).toBe(2);
  });

  it("forgives a pause and not the failures", () => {
    const each = growth();
    failAt(each, 1_000);
    each.forgive();
    expect(each.allowance([], true, 1_000).starts).toBe(1);
    expect(each.failures).toBe(1);
  });

  it("counts a pause from the start of a connect, so that many that hang and fail in turn put off nothing", () => {
    const each = growth();
    each.started(1, 0);
    for (let i = 0; i < 5; i++) each.failed(new Error("took longer than 5000 ms"), 0);
    expect(each.pauseEndsAt(true, 0)).toBe(400);
    expect(each.allowance([], true, 5_000).starts).toBe(1);
  });

  it("has no pause too long to count, after thousands of failures", () => {
    const each = growth();
    for (let i = 0; i < 5_000; i++) failAt(each, 0);
    expect(each.pauseEndsAt(false, 0)).toBe(5_000);
  });
});

describe("Growth while what is opened dies young", () => {
  /** Two that worked have died at that time, of two that were opened. */
  function dying(each: Growth, now: number, worked = true): Growth {
    for (let i = 0; i < 2; i++) each.opened(now);
    for (let i = 0; i < 2; i++) each.died(now, now, worked);
    return each;
  }

  it("lets eight start, and then one in 100 ms", () => {
    const each = dying(growth(20), 10);
    expect(each.allowance([], true, 10).starts).toBe(8);
    each.started(8, 10);
    expect(each.allowance([], true, 10)).toEqual({ starts: 0, askAgainAt: 110 });
    expect(each.looksAgainAt(10)).toBe(110);
    expect(each.allowance([], true, 110).starts).toBe(1);
  });

  it("counts those that fail twice, and for a second longer while they do", () => {
    const each = dying(growth(20), 0);
    for (let i = 0; i < 3; i++) failAt(each, 10);
    each.succeeded();
    expect([each.allowance([], true, 150).starts, each.allowance([], true, 190).starts]).toEqual([3, 3]);
    each.started(3, 190);
    expect(each.allowance([], true, 190)).toEqual({ starts: 0, askAgainAt: 210 });
    expect(each.allowance([], true, 1_000).starts).toBe(20);
  });

  it("is over when no more die", () => {
    const each = dying(growth(20), 0);
    each.started(8, 0);
    expect(each.allowance([], true, 0).starts).toBe(0);
    expect(each.allowance([], true, 150).starts).toBe(20); // 2 half forgotten: no more than chance
  });

  it("does not mind one, a quarter of many, or those that lived for long", () => {
    const one = growth(20);
    one.opened(0);
    one.died(0, 0, true);
    expect(one.allowance([], true, 0).starts).toBe(20);
    const many = dying(dying(growth(20), 0), 0);
    for (let i = 0; i < 4; i++) many.opened(0);
    expect(many.allowance([], true, 0).starts).toBe(20);
    const old = growth(20);
    for (let i = 0; i < 9; i++) old.died(0, 150, true);
    expect(old.allowance([], true, 150).starts).toBe(20);
  });

  it("starts one that had to wait up to 50 ms later at random", () => {
    for (const random of [0, 0.5, 0.999]) {
      const each = dying(growth(20, random), 0);
      each.started(8, 0);
      expect(each.allowance([], true, 0)).toEqual({ starts: 0, askAgainAt: 100 + 50 * random });
    }
  });

  it("pauses for 100 ms at the most for connects that fail as well, and is not down for them", () => {
    const each = dying(growth(20), 900);
    for (let i = 0; i < 5; i++) failAt(each, 900);
    expect([each.isDown(900), each.pauseEndsAt(true, 900)]).toEqual([false, 1_000]);
    expect([each.isDown(2_000), each.failures]).toEqual([true, 5]);
    expect(each.pauseEndsAt(true, 2_000)).toBe(1_300);
  });

  it("pauses and is down where nothing that was opened was good for anything", () => {
    const each = dying(growth(20), 900, false);
    for (let i = 0; i < 5; i++) failAt(each, 900);
    expect([each.isDown(900), each.pauseEndsAt(true, 900)]).toEqual([true, 1_300]);
  });

  it("lets a caller that may have mended the cause start at once", () => {
    const each = dying(growth(20), 900);
    each.started(8, 900);
    each.forgive();
    expect(each.allowance([], true, 900).starts).toBe(20);
  });
});
