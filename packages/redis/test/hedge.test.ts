import { type CreateContext, type ResourceFactory, systemClock } from "@pool/core";
import { diceFrom, seedOfRun } from "@pool/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hedged } from "../src/connect/hedge.js";

interface Line {
  readonly n: number;
  readonly end: (outcome: "open" | "fails") => void;
  isOpen: boolean;
}

/** Connects that end when the test says so. One that is called off is closed some time later, as a socket is. */
class Lines {
  readonly all: Line[] = [];
  most = 0;
  closing = 5;

  get open(): number {
    return this.all.filter((line) => line.isOpen).length;
  }

  readonly factory: ResourceFactory<Line> = {
    kind: "test",
    create: (context) => this.#connect(context),
    close: (line) => void (line.isOpen = false),
  };

  #connect({ signal }: CreateContext): Promise<Line> {
    return new Promise((resolve, reject) => {
      let hasEnded = false;
      const end: Line["end"] = (outcome) => {
        if (hasEnded) return;
        hasEnded = true;
        if (outcome === "open") return resolve(line);
        line.isOpen = false;
        reject(new Error(`${line.n} failed`));
      };
      const line: Line = { n: this.all.length, isOpen: true, end };
      signal.addEventListener("abort", () => setTimeout(() => end("fails"), this.closing));
      this.all.push(line);
      this.most = Math.max(this.most, this.open);
    });
  }
}

const context = (signal = new AbortController().signal): CreateContext => ({ signal, lost: () => undefined });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a connect that takes long", () => {
  it("has another one tried beside it, and one after the other in the place of that, never a third", async () => {
    const lines = new Lines();
    const winner = hedged(lines.factory, systemClock, () => true).create(context());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines.all.map(({ isOpen }) => isOpen)).toEqual([true, false, false, false, true]);
    expect(lines.most).toBe(2);
    lines.all[0]!.end("open");
    expect(await winner).toBe(lines.all[0]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines.open).toBe(1);
    expect(lines.all.length).toBe(5);
  });

  it("is not tried again by one whose place came free as it ended", async () => {
    const lines = new Lines();
    const winner = hedged(lines.factory, systemClock, () => true).create(context());
    await vi.advanceTimersByTimeAsync(2_001); // the second is called off, and not closed yet
    expect(lines.all.length).toBe(2);
    const refused = expect(winner).rejects.toThrow("0 failed");
    lines.all[0]!.end("fails");
    await vi.advanceTimersByTimeAsync(5);
    await refused;
    expect(lines.open).toBe(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines.all.length).toBe(2);
    expect(lines.open).toBe(0);
  });

  it("takes what was called off and opened all the same", async () => {
    const lines = new Lines();
    const winner = hedged(lines.factory, systemClock, () => true).create(context());
    await vi.advanceTimersByTimeAsync(2_001);
    lines.all[1]!.end("open");
    expect(await winner).toBe(lines.all[1]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines.all.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  it("opens two at most and keeps one, whatever ends when", async () => {
    const seed = seedOfRun();
    const dice = diceFrom(seed);
    for (let round = 0; round < 300; round++) {
      const lines = new Lines();
      const stopping = new AbortController();
      let end: Line | "failed" | undefined;
      let leftOpen = 0;
      hedged(lines.factory, systemClock, () => dice.chance(0.9))
        .create(context(stopping.signal))
        .then(
          (line) => (end = line),
          (error: unknown) => {
            end = "failed";
            leftOpen = lines.open;
            expect(error).toBe(stopping.signal.aborted ? stopping.signal.reason : error);
          },
        );
      for (let step = 0; step < 40 && end === undefined; step++) {
        lines.closing = dice.below(2_000);
        const line = dice.pick(lines.all);
        if (dice.chance(0.1)) line.end(dice.chance(0.3) ? "open" : "fails");
        if (dice.chance(0.02)) stopping.abort();
        await vi.advanceTimersByTimeAsync(dice.below(1_500));
        expect(lines.most, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(2);
      }
      if (end === undefined) stopping.abort();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(end, `seed ${seed}, round ${round}`).toBeDefined();
      expect(leftOpen).toBe(0);
      expect(lines.all.filter(({ isOpen }) => isOpen)).toEqual(end === "failed" ? [] : [end]);
    }
  });
});
