import { afterEach, describe, expect, it, vi } from "vitest";
import { CoarseClock, parseDuration, systemClock, withTimeout, type Clock } from "../src/time.js";
import { ManualClock, settle } from "./support/manual-clock.js";

describe("parseDuration", () => {
  it.each([
    [0, 0],
    [250, 250],
    [1.5, 1.5],
    [Infinity, Infinity],
    ["250ms", 250],
    ["30s", 30_000],
    ["30 s", 30_000],
    [" 30s ", 30_000],
    ["1.5s", 1_500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["0s", 0],
    ["never", Infinity],
  ])("reads %j as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    NaN,
    "",
    "30",
    "s",
    "-5s",
    "1e3s",
    "30 sec",
    "1s 2s",
    "1.s",
    ".5s",
    "NEVER",
    null,
    undefined,
    {},
    [5],
    true,
    5n,
  ])("takes %o for no duration", (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });

  it("refuses what is long without reading it for long", () => {
    const start = performance.now();
    expect(parseDuration("9".repeat(1_000_000))).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe("withTimeout", () => {
  const late = (): Error => new Error("late");

  it("gives what the work gives, and leaves no timer", async () => {
    const clock = new ManualClock();
    expect(await withTimeout(clock, 100, late, async () => 5)).toBe(5);
    expect(clock.pending).toBe(0);
  });

  it("rejects as the work rejects or throws, and leaves no timer", async () => {
    const clock = new ManualClock();
    const own = new Error("own");
    await expect(withTimeout(clock, 100, late, () => Promise.reject(own))).rejects.toBe(own);
    const thrown = withTimeout(clock, 100, late, () => {
      throw own;
    });
    await expect(thrown).rejects.toBe(own);
    expect(clock.pending).toBe(0);
  });

  it("rejects when the time is over, and aborts the work's signal with the same error", async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const work = withTimeout(clock, 100, late, (given) => {
      signal = given;
      return new Promise(() => undefined);
    });
    const outcome = work.catch((error: unknown) => error);
    await clock.advance(99);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    const error = await outcome;
    expect(error).toMatchObject({ message: "late" });
    expect(signal?.reason).toBe(error);
  });

  it("lets a late result and a late failure go unheard", async () => {
    const clock = new ManualClock();
    const work = Promise.withResolvers<number>();
    const outcome = withTimeout(clock, 100, late, () => work.promise).catch(() => "timed out");
    await clock.advance(100);
    work.reject(new Error("afterwards"));
    expect(await outcome).toBe("timed out");
    await settle();
  });

  it("waits for ever with Infinity, and sets no timer for it", async () => {
    const clock = new ManualClock();
    const work = Promise.withResolvers<number>();
    const result = withTimeout(clock, Infinity, late, () => work.promise);
    expect(clock.pending).toBe(0);
    work.resolve(7);
    expect(await result).toBe(7);
  });

  it("rejects with Infinity, too, when the work throws", async () => {
    const own = new Error("own");
    const result = withTimeout(new ManualClock(), Infinity, late, () => {
      throw own;
    });
    await expect(result).rejects.toBe(own);
  });
});

describe("CoarseClock", () => {
  it("reads the system's clock once for many calls in one turn of the loop", () => {
    const now = vi.spyOn(systemClock, "now");
    const clock = new CoarseClock(systemClock);
    const before = now.mock.calls.length;
    for (let i = 0; i < 640; i++) clock.now();
    const reads = now.mock.calls.length - before;
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(11);
  });

  it("reads it afresh in the next turn", async () => {
    const clock = new CoarseClock(systemClock);
    const before = clock.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.now() - before).toBeGreaterThan(10);
  });

  it("reads it at once when asked to", () => {
    const clock = new CoarseClock(systemClock);
    const before = clock.now();
    const end = performance.now() + 5;
    while (performance.now() < end);
    expect(clock.refresh() - before).toBeGreaterThanOrEqual(4.9);
  });

  it("tells how far a time that was relied on was behind, by the next reading or the end of the turn", async () => {
    const clock = new CoarseClock(systemClock);
    const told: [number, number][] = [];
    clock.onBehind = (time, ms) => void told.push([time, ms]);
    const block = (ms: number): void => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    const relyOn = (one: CoarseClock): number => {
      one.isRelied = true;
      return one.now();
    };
    const first = relyOn(clock);
    block(20);
    const second = clock.refresh();
    expect(told).toEqual([[first, second - first]]);
    block(20);
    await settle();
    expect(told).toHaveLength(1);
    const third = relyOn(clock);
    block(20);
    await settle();
    expect(told[1]).toEqual([third, expect.any(Number)]);
    expect(told[1]?.[1]).toBeGreaterThanOrEqual(19);
    await new Promise((resolve) => setTimeout(resolve, 20));
    relyOn(clock); // of the time that passed since the last turn nobody was wrong
    await settle();
    expect(told).toHaveLength(2);
    const manual = new ManualClock();
    const other = new CoarseClock(manual);
    other.onBehind = (time, ms) => void told.push([time, ms]);
    relyOn(other);
    manual.jump(50);
    other.refresh();
    expect(told).toHaveLength(2);
  });

  it("reads another clock at every call, for its time may pass without a turn", () => {
    const manual = new ManualClock();
    const clock = new CoarseClock(manual);
    expect(clock.now()).toBe(1_000);
    manual.jump(5);
    expect(clock.now()).toBe(1_005);
    manual.jump(5);
    expect(clock.now()).toBe(1_010);
  });

  it("never goes back", async () => {
    const clock = new CoarseClock(systemClock);
    let last = -Infinity;
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 100; i++) {
        const now = i % 17 === 0 ? clock.refresh() : clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe("systemClock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sets a timer of more than 24.8 days without its firing at once", () => {
    vi.useFakeTimers();
    let fired = false;
    const timer = systemClock.setTimeout(() => (fired = true), 30 * 86_400_000);
    vi.advanceTimersByTime(20 * 86_400_000);
    expect(fired).toBe(false);
    systemClock.clearTimeout(timer);
  });

  it("tells monotonic time, and fires no earlier than asked", async () => {
    const clock: Clock = systemClock;
    const start = clock.now();
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 15.2));
    expect(clock.now() - start).toBeGreaterThanOrEqual(15);
  });
});
