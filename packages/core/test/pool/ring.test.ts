import { describe, expect, it } from "vitest";
import { Ring } from "../../src/pool/ring.js";
import { leftAfterCollection } from "../support/collected.js";
import { seededRandom } from "../support/random.js";

function drain<T>(ring: Ring<T, unknown>): T[] {
  const items: T[] = [];
  while (ring.length > 0) items.push(ring.shift() as T); // its length says that there is one
  return items;
}

describe("Ring", () => {
  it("gives back in the order of pushing", () => {
    const ring = new Ring<number, string>();
    for (let i = 0; i < 1_000; i++) ring.push(i, String(i), -i);
    expect(ring.length).toBe(1_000);
    expect(drain(ring)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });

  it("is empty at first and after the last", () => {
    const ring = new Ring<string, string>();
    expect([ring.length, ring.shift()]).toEqual([0, undefined]);
    ring.push("a", "b", 1);
    expect([ring.shift(), ring.shift(), ring.length]).toEqual(["a", undefined, 0]);
  });

  it("filters in order, around its end as well", () => {
    const ring = new Ring<number, string>();
    for (let i = 0; i < 12; i++) ring.push(i, String(i), -i);
    for (let i = 0; i < 10; i++) ring.shift();
    for (let i = 12; i < 22; i++) ring.push(i, String(i), -i);
    const seen: number[] = [];
    ring.filter((item) => {
      seen.push(item);
      return item % 3 === 0;
    });
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => i + 10));
    expect(drain(ring)).toEqual([12, 15, 18, 21]);
  });

  it("takes a burst, and serves it while the next one comes", () => {
    const ring = new Ring<number, string>();
    let [pushed, shifted] = [0, 0];
    for (let burst = 0; burst < 5; burst++) {
      for (let i = 0; i < 5_000; i++) ring.push(pushed, String(pushed), -pushed++);
      for (let i = 0; i < 4_000; i++) expect(ring.shift()).toBe(shifted++);
    }
    ring.filter((item) => item >= 24_990);
    expect(drain(ring)).toEqual([24_990, 24_991, 24_992, 24_993, 24_994, 24_995, 24_996, 24_997, 24_998, 24_999]);
    ring.push(-1, "-1", 1);
    expect(drain(ring)).toEqual([-1]);
  });

  it("does what a plain array does, whatever the order of calls", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const ring = new Ring<number, string>();
      let plain: number[] = [];
      let next = 0;
      for (let step = 0; step < 2_000; step++) {
        const dice = random();
        if (dice < 0.55) {
          ring.push(next, String(next), -next);
          plain.push(next++);
        } else if (dice < 0.985) {
          expect(ring.first, `seed ${String(seed)}`).toBe(plain[0]);
          const first = plain.shift();
          expect(ring.shift(), `seed ${String(seed)}`).toBe(first);
          if (first !== undefined) expect(ring.number + first, `seed ${String(seed)}`).toBe(0);
        } else if (dice < 0.99) {
          // All that came lately, or that came long ago: whole arrays of it.
          const [middle, isLate] = [plain[Math.floor(random() * plain.length)] ?? 0, random() < 0.5];
          const stays = (item: number): boolean => item > middle === isLate;
          ring.filter((item, companion, number) => {
            expect([companion, number + item], `seed ${String(seed)}`).toEqual([String(item), 0]);
            return stays(item);
          });
          plain = plain.filter(stays);
        } else {
          const divisor = 2 + Math.floor(random() * 5);
          ring.filter((item) => item % divisor !== 0);
          plain = plain.filter((item) => item % divisor !== 0);
        }
        expect(ring.length, `seed ${String(seed)}`).toBe(plain.length);
      }
      expect(drain(ring), `seed ${String(seed)}`).toEqual(plain);
    }
  });

  it("holds on to nothing that it gave back or filtered out", async () => {
    const ring = new Ring<object, object>();
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 30; i++) {
      const [item, companion] = [{ i }, { i }];
      refs.push(new WeakRef(item), new WeakRef(companion));
      ring.push(item, companion, i);
    }
    for (let i = 0; i < 10; i++) ring.shift();
    ring.filter((item) => (item as { i: number }).i >= 25);
    expect(await leftAfterCollection(refs.slice(0, 50))).toBe(0);
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(10);
    expect(ring.length).toBe(5);
  });
});
