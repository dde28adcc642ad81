import { describe, expect, it, onTestFinished } from "vitest";
import { onEvent } from "@pool/core";
import { createCache } from "../src/index.js";
import { FakeStore, kept, silence, until } from "./fake-store.js";

const down = (): never => {
  throw new Error("down");
};

function setUp() {
  const store = new FakeStore();
  const cache = createCache({ name: "test", store, storeTimeout: 50 });
  const told: string[] = [];
  const listening = onEvent("cache:store", ({ cache: of, state }) => {
    if (of === "test") told.push(state);
  });
  onTestFinished(() => listening[Symbol.dispose]());
  return { store, cache, told };
}

describe("a store that is away", () => {
  it("costs a few reads their storeTimeout, then nothing; the fallback computes once for each key", async () => {
    const { store, cache, told } = setUp();
    store.before = silence;
    let computed = 0;
    while (!told.includes("away")) {
      expect(await cache.getOrCompute("a", () => ++computed)).toBeGreaterThan(0);
      await kept();
    }
    expect(computed).toBeLessThanOrEqual(3);
    expect(cache.stats.store).toBe("away");
    const calls = store.calls.length;
    for (let i = 0; i < 1_000; i++) await cache.getOrCompute("a", () => ++computed);
    expect(store.calls.length).toBeLessThan(calls + 20); // probes
    expect(cache.stats.storeErrors).toBeLessThan(10);
    await cache.close();
  });

  it("is taken back by itself, and hears first what was deleted meanwhile", async () => {
    const { store, cache, told } = setUp();
    await cache.set("a", "old");
    await cache.set("b", "kept");
    await cache.set("c", "tagged", { tags: ["t"] });
    store.before = down;
    for (let i = 0; i < 3; i++) await cache.get("x");
    expect(told).toEqual(["away"]);
    await cache.delete("a");
    await cache.invalidate("t");
    await cache.set("d", "of the outage");
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.get("d")).toBe("of the outage");
    store.before = () => undefined;
    await until(() => told.length === 2);
    expect(told).toEqual(["away", "back"]);
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.get("b")).toBe("kept");
    expect(await cache.get("c")).toBeUndefined();
    expect(await cache.get("d")).toBeUndefined(); // nobody knows whether it is still so
    expect(store.texts.has("test:1:v:a")).toBe(false);
    await cache.close();
  });

  it("does not bring back what could not be deleted once", async () => {
    const { store, cache } = setUp();
    await cache.set("a", "old");
    store.before = (call) => (call === "delete" ? down() : undefined);
    await cache.delete("a");
    expect(await cache.get("a")).toBeUndefined();
    expect(store.texts.has("test:1:v:a")).toBe(true);
    store.before = () => undefined;
    await until(() => !store.texts.has("test:1:v:a"));
    await cache.set("a", "new");
    expect(await cache.get("a")).toBe("new");
    await cache.close();
  });

  it("has nothing of one outage in the next", async () => {
    const { store, cache, told } = setUp();
    for (const round of [1, 2]) {
      store.before = down;
      for (let i = 0; i < 3; i++) await cache.get("x");
      expect(await cache.get("a")).toBeUndefined();
      await cache.set("a", round);
      expect(await cache.get("a")).toBe(round);
      store.before = () => undefined;
      await until(() => told.length === 2 * round);
    }
    await cache.close();
  });

  it("has nothing in its fallback that is older than what it has confirmed since", async () => {
    const { store, cache } = setUp();
    store.before = (call) => (call === "set" ? down() : undefined);
    await cache.set("a", "old");
    store.before = () => undefined;
    await cache.set("a", "new");
    store.before = (call) => (call === "get" ? down() : undefined);
    expect(await cache.get("a")).toBeUndefined();
    await cache.close();
  });

  it("confirms a value while it counts as away already, and the fallback has it from then on", async () => {
    const { store, cache, told } = setUp();
    store.before = (call) => (call === "set" ? down() : undefined);
    await cache.set("a", "old");
    const slow = Promise.withResolvers<undefined>();
    store.before = (call) => (call === "set" ? slow.promise : down());
    const setting = cache.set("a", "new");
    while (!told.includes("away")) await cache.get("x");
    slow.resolve(undefined);
    await setting;
    expect(await cache.get("a")).toBe("new");
    await cache.close();
  });

  it("is done without, where there is no fallback", async () => {
    const store = new FakeStore();
    const cache = createCache({ name: "other", store, fallback: false });
    store.before = down;
    let computed = 0;
    for (let i = 0; i < 5; i++) {
      await cache.getOrCompute("a", () => ++computed);
      await kept();
    }
    expect(computed).toBe(5);
    await cache.close();
  });
});
