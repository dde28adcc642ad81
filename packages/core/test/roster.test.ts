import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { Roster } from "../src/roster.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("lists each of what is alive once, in the order in which they came", () => {
  const members = Array.from({ length: 200 }, (_, n) => ({ n }));
  const roster = new Roster<{ n: number }>();
  for (const member of [...members, ...members.slice(50)]) roster.add(member);
  expect(roster.list()).toEqual(members);
});

it("forgets what is gone, though nobody ever looks", async () => {
  let looked = 0;
  vi.stubGlobal(
    "WeakRef",
    class<T extends WeakKey> extends WeakRef<T> {
      override deref(): T | undefined {
        looked++;
        return super.deref();
      }
    },
  );
  const kept = { kept: true };
  const roster = new Roster<object>();
  roster.add(kept);
  const rounds = 40;
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < 500; n++) roster.add({ n });
    await nextTurn();
    await globalThis.gc?.({ type: "major", execution: "async" });
  }
  expect(looked).toBeLessThan(rounds * 500 * 3); // the price of it
  looked = 0;
  expect(roster.list()).toContain(kept);
  expect(looked).toBeLessThan(5_000); // of 20 000 that came
});
