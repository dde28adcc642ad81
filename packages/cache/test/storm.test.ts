import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createCache } from "../src/index.js";
import { FakeStore, until } from "./fake-store.js";

/** The same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Sets, deletes and invalidates one key over a store that is late, fails, and carries out what was given up. What is found is of the last change, or nothing. */
async function storm(seed: number): Promise<void> {
  const random = numbers(seed);
  const store = new FakeStore();
  let underWay = 0;
  let isWild = true;
  store.before = async () => {
    if (!isWild) return;
    underWay++;
    await sleep(random() < 0.6 ? 0 : random() * 60);
    underWay--;
    if (random() < 0.2) throw new Error("down");
  };
  await using cache = createCache({ name: "test", store, storeTimeout: 25 });
  let last: number | undefined;
  let changes: Promise<unknown>[] = [];
  for (let i = 1; i <= 40; i++) {
    const dice = random();
    last = dice < 0.6 ? i : undefined;
    if (dice < 0.4) changes.push(cache.set("a", i));
    else if (dice < 0.6) changes.push(cache.set("a", i, { tags: ["t"] }));
    else if (dice < 0.9) changes.push(cache.delete("a"));
    else changes.push(cache.invalidate("t"), cache.delete("a"));
    if (random() < 0.5) continue;
    await Promise.all(changes);
    changes = [];
    for (let reads = 0; reads < 3; reads++)
      expect([undefined, last], `seed ${String(seed)}, change ${String(i)}`).toContain(await cache.get("a"));
  }
  await Promise.all(changes);
  isWild = false;
  await until(() => underWay === 0 && cache.stats.store === "up");
  expect([undefined, last], `seed ${String(seed)}, at last`).toContain(await cache.get("a"));
  await cache.set("a", "after");
  await until(async () => (await cache.get("a")) === "after" || (await cache.set("a", "after"), false));
}

it("in a storm of changes nothing older than the last of them is given out", async () => {
  await Promise.all(Array.from({ length: 60 }, (_, i) => storm(i + 1)));
});
