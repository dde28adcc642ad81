import { describe, expect, it } from "vitest";
import { createCache, type CacheOptions } from "../src/index.js";
import { FakeStore, kept, until } from "./fake-store.js";

const KEY = "test:1:v:a";
const STAMP = "test:1:t:t";

function setUp(options: Partial<CacheOptions> = {}) {
  const store = new FakeStore();
  return { store, cache: createCache({ name: "test", store, storeTimeout: "20s", ...options }) };
}

/** Holds the next call of this kind until it is let go, however often the cache gives it up. */
function hold(store: FakeStore, kind: string) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let isHeld = false;
  store.before = (call) => {
    if (call !== kind || isHeld) return;
    isHeld = true;
    return promise;
  };
  return { letGo: () => resolve(undefined), begun: () => until(() => isHeld) };
}

describe("changes of one key", () => {
  it("are made in the order of their calls: what was deleted does not live on by a slow set", async () => {
    const { store, cache } = setUp();
    const slow = hold(store, "set");
    const set = cache.set("a", "old");
    await slow.begun();
    const deleted = cache.delete("a");
    await kept();
    slow.letGo();
    await Promise.all([set, deleted]);
    expect(store.texts.has(KEY)).toBe(false);
    expect(await cache.get("a")).toBeUndefined();
    await cache.close();
  });

  it("leave the later of two sets, also where the first is slow", async () => {
    const { store, cache } = setUp();
    const slow = hold(store, "set");
    const first = cache.set("a", "first");
    await slow.begun();
    const second = cache.set("a", "second");
    await kept();
    slow.letGo();
    await Promise.all([first, second]);
    expect(await cache.get("a")).toBe("second");
    await cache.close();
  });

  it("are undone where a write lands that was given up long before", async () => {
    for (const later of ["delete", "set"] as const) {
      const { store, cache } = setUp({ storeTimeout: 50 });
      const slow = hold(store, "set");
      await cache.set("a", "old");
      await (later === "delete" ? cache.delete("a") : cache.set("a", "new"));
      expect(await cache.get("a")).not.toBe("old");
      slow.letGo();
      await until(() => store.texts.get(KEY)?.endsWith('"old"') === true);
      expect(await cache.get("a")).toBeUndefined();
      await until(() => !store.texts.has(KEY));
      await cache.set("a", "newest");
      expect(await cache.get("a")).toBe("newest");
      await cache.close();
    }
  });

  it("hold also while the stamps of a set are fetched", async () => {
    const { store, cache } = setUp();
    const slow = hold(store, "get");
    const set = cache.set("a", "old", { tags: ["t"] });
    await slow.begun();
    await cache.delete("a");
    slow.letGo();
    await set;
    expect(store.texts.has(KEY)).toBe(false);
    await cache.close();
  });

  it("have the last word over a probe that is under way", async () => {
    const { store, cache } = setUp({ storeTimeout: 1_000 });
    let [isDown, isProbed] = [true, false];
    const answer = Promise.withResolvers<undefined>();
    store.delete = async (keys) => {
      if (isDown) throw new Error("down");
      for (const key of keys) store.texts.delete(key);
      if (isProbed) return;
      isProbed = true; // carried out, and the answer to it is late
      await answer.promise;
    };
    await cache.delete("a");
    isDown = false;
    await until(() => isProbed);
    await cache.set("a", "new");
    isDown = true;
    await cache.delete("a");
    answer.resolve(undefined);
    await kept();
    expect(store.texts.has(KEY)).toBe(true);
    expect(await cache.get("a")).toBeUndefined();
    await cache.close();
  });
});

describe("invalidate", () => {
  it("lets nobody join what was begun before, and keeps none of it", async () => {
    const { store, cache } = setUp();
    const work = Promise.withResolvers<string>();
    const old = cache.getOrCompute("a", () => work.promise, { tags: ["t"] });
    const untouched = cache.getOrCompute("b", () => work.promise, { tags: ["another"] });
    await until(() => cache.stats.computes === 2);
    await cache.invalidate("t");
    expect(await cache.getOrCompute("a", () => "next", { tags: ["t"] })).toBe("next");
    await until(() => store.texts.has(KEY));
    work.resolve("of before");
    expect(await old).toBe("of before");
    expect(await untouched).toBe("of before");
    await kept();
    expect(await cache.get("a")).toBe("next");
    expect(await cache.get("b")).toBe("of before");
    await cache.close();
  });

  it("lets nobody join who is just reading an entry with the tag", async () => {
    const { store, cache } = setUp();
    await cache.set("a", "of before", { tags: ["t"] });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const read = store.get.bind(store);
    let isRead = false;
    store.get = async (keys, signal) => {
      const texts = await read(keys, signal);
      if (keys.includes(STAMP) && !isRead) {
        isRead = true; // as it was
        await promise;
      }
      return texts;
    };
    const first = cache.getOrCompute("a", () => "unused");
    await until(() => isRead);
    await cache.invalidate("t");
    expect(await cache.getOrCompute("a", () => "next")).toBe("next");
    resolve(undefined);
    expect(await first).toBe("of before");
    await cache.close();
  });

  it("holds also against a stamp that was given up and lands later", async () => {
    const { store, cache } = setUp({ storeTimeout: 50, fallback: false });
    const slow = hold(store, "add");
    await cache.set("a", "of before", { tags: ["t"] });
    await cache.invalidate("t");
    slow.letGo();
    await until(() => store.texts.has(STAMP));
    expect(await cache.get("a")).toBeUndefined();
    await until(() => !store.texts.has(STAMP));
    await cache.close();
  });
});

describe("stamps", () => {
  it("live longer than any entry that has them, by its own ttl", async () => {
    const { store, cache } = setUp({ ttl: 1_000, ttlJitter: 0 });
    const tenDays = 864_000_000;
    await cache.set("a", 1, { ttl: tenDays, tags: ["t"] });
    await cache.getOrCompute("b", () => 2, { ttl: tenDays, tags: ["u"] });
    await until(() => store.texts.has("test:1:v:b"));
    for (const stamp of [STAMP, "test:1:t:u"]) {
      const [added, extended] = ["add", "extend"].map((kind) =>
        Number(
          store.calls
            .find((call) => call.startsWith(`${kind} ${stamp} `))
            ?.split(" ")
            .at(-1),
        ),
      );
      expect(added).toBeGreaterThan(tenDays);
      expect(extended).toBeGreaterThan(tenDays);
    }
    await cache.close();
  });
});

describe("close", () => {
  it("does not wait for work in the background that does not heed its signal", async () => {
    const time = { now: 1_000_000 };
    const { cache } = setUp({ ttl: 1_000, ttlJitter: 0, staleFor: "1h", date: () => time.now });
    await cache.set("a", "old");
    time.now += 2_000;
    let isBegun = false;
    const stuck = (): Promise<string> => {
      isBegun = true;
      return new Promise(() => undefined);
    };
    expect(await cache.getOrCompute("a", stuck)).toBe("old");
    await until(() => isBegun);
    await cache.close();
  });
});

describe("refreshTimeout", () => {
  it("ends work in the background that hangs, and its key is computed again", async () => {
    const time = { now: 1_000_000 };
    const { cache } = setUp({ ttl: 1_000, ttlJitter: 0, staleFor: "1h", refreshTimeout: 30, date: () => time.now });
    await cache.set("a", "old");
    time.now += 2_000;
    const late = Promise.withResolvers<string>();
    let signal: AbortSignal | undefined;
    await cache.getOrCompute("a", (context) => {
      ({ signal } = context);
      return late.promise;
    });
    await until(() => signal?.aborted === true);
    expect(signal?.reason).toMatchObject({ code: "COMMAND_TIMEOUT" });
    await kept();
    expect(await cache.getOrCompute("a", () => "new")).toBe("old");
    await until(() => cache.stats.computes === 2);
    await kept();
    expect(await cache.get("a")).toBe("new");
    late.resolve("too late");
    await kept();
    expect(await cache.get("a")).toBe("new");
    await cache.close();
  });
});
