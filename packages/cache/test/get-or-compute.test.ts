import { describe, expect, it } from "vitest";
import { createMemoryLock, onEvent } from "@pool/core";
import { createCache, type CacheOptions, memoryStore } from "../src/index.js";
import { FakeStore, kept, until } from "./fake-store.js";

/** A cache whose date a test sets. */
function setUp(options: Partial<CacheOptions> = {}) {
  const store = new FakeStore();
  const time = { now: 1_000_000 };
  const cache = createCache({ name: "test", store, ttlJitter: 0, date: () => time.now, ...options });
  let computed = 0;
  const compute = (): number => ++computed;
  return { cache, store, time, compute, computed: () => computed };
}

describe("getOrCompute", () => {
  it("computes what is not there, and gives it out while it is fresh", async () => {
    const { cache, compute, time, computed } = setUp({ ttl: "10s" });
    expect(await cache.getOrCompute("a", compute)).toBe(1);
    await kept();
    time.now += 9_999;
    expect(await cache.getOrCompute("a", compute)).toBe(1);
    expect(await cache.get("a")).toBe(1);
    time.now += 1;
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.getOrCompute("a", compute)).toBe(2);
    expect(computed()).toBe(2);
    expect(cache.stats).toMatchObject({ hits: 2, misses: 3, computes: 2 });
  });

  it("computes once for 1000 who miss at the same time, and asks the store once", async () => {
    const { cache, store, computed } = setUp();
    let count = 0;
    const values = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        cache.getOrCompute("a", async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return ++count;
        }),
      ),
    );
    expect(new Set(values)).toEqual(new Set([1]));
    expect([count, computed()]).toEqual([1, 0]);
    expect(store.calls.filter((call) => call.startsWith("get"))).toHaveLength(1);
    expect(cache.stats).toMatchObject({ misses: 1, shared: 999, computes: 1 });
  });

  it("shares a value until the store has it", async () => {
    const { cache, store, compute, computed } = setUp({ storeTimeout: "20s" });
    const held = Promise.withResolvers<undefined>();
    store.before = (call) => (call === "set" ? held.promise : undefined);
    expect(await cache.getOrCompute("a", compute)).toBe(1);
    expect(await cache.getOrCompute("a", compute)).toBe(1);
    held.resolve(undefined);
    await until(() => store.texts.size === 1);
    expect(await cache.getOrCompute("a", compute)).toBe(1);
    expect(computed()).toBe(1);
  });

  it("keeps no error, unless asked", async () => {
    const { cache } = setUp();
    let tries = 0;
    const failing = (): Promise<number> => Promise.reject(new Error(`try ${String(++tries)}`));
    await expect(cache.getOrCompute("a", failing)).rejects.toThrow("try 1");
    await expect(cache.getOrCompute("a", failing)).rejects.toThrow("try 2");
    expect(cache.stats).toMatchObject({ computeErrors: 2 });

    const { cache: asked } = setUp({ errorTtl: "20s" });
    await expect(asked.getOrCompute("a", failing)).rejects.toThrow("try 3");
    await expect(asked.getOrCompute("a", failing)).rejects.toThrow("try 3");
    await asked.delete("a");
    await expect(asked.getOrCompute("a", failing)).rejects.toThrow("try 4");
  });

  it("knows for a while that something is not there", async () => {
    const { cache, time } = setUp({ negativeTtl: 500 });
    let asked = 0;
    const absent = (): undefined => {
      asked++;
    };
    for (let i = 0; i < 3; i++) {
      expect(await cache.getOrCompute("a", absent)).toBeUndefined();
      await kept();
    }
    expect(asked).toBe(1);
    expect(cache.stats.negative).toBe(2);
    time.now += 500;
    await kept();
    await cache.getOrCompute("a", absent);
    expect(asked).toBe(2);
    expect(await cache.getOrCompute("b", () => null)).toBeNull();
    expect(await cache.get("b")).toBeNull();

    const { cache: never, store } = setUp({ negativeTtl: 0 });
    await never.getOrCompute("a", absent);
    await kept();
    await never.getOrCompute("a", absent);
    expect(asked).toBe(4);
    expect(store.texts.size).toBe(0);
  });

  it("forgets what is not there any more, also where that itself is not kept", async () => {
    const { cache, store, time } = setUp({ negativeTtl: 0, ttl: 1_000, staleFor: 60_000, staleIfErrorFor: 60_000 });
    await cache.set("a", "was there");
    await cache.set("a", undefined);
    expect(store.texts.size).toBe(0);
    await cache.set("a", "was there again");
    time.now += 2_000;
    expect(await cache.getOrCompute("a", () => undefined as never)).toBe("was there again"); // stale
    await until(() => store.texts.size === 0);
    expect(await cache.getOrCompute("a", () => "new")).toBe("new");
  });

  it("gives out what is stale while it is computed anew in the background, once", async () => {
    const { cache, time, compute, computed } = setUp({ ttl: 1_000, staleFor: 5_000 });
    await cache.getOrCompute("a", compute);
    await kept();
    time.now += 1_500;
    const backgrounds: boolean[] = [];
    using _ = onEvent("cache:compute", ({ background }) => backgrounds.push(background));
    const values = await Promise.all(Array.from({ length: 50 }, () => cache.getOrCompute("a", compute)));
    expect(new Set(values)).toEqual(new Set([1]));
    await until(() => computed() === 2);
    await until(() => backgrounds.length === 1);
    await until(() => cache.stats.computes === 2);
    let value: number | undefined;
    await until(() => {
      void cache.get<number>("a").then((got) => (value = got));
      return value === 2;
    });
    expect(backgrounds).toEqual([true]);
    await kept();
    time.now += 7_000;
    expect(await cache.getOrCompute("a", compute)).toBe(3);
  });

  it("has a stale value stand in for an error", async () => {
    const { cache, time } = setUp({ ttl: 1_000, staleIfErrorFor: 10_000 });
    const failing = (): Promise<string> => Promise.reject(new Error("down"));
    await cache.getOrCompute("a", () => "old");
    await kept();
    time.now += 5_000;
    expect(await cache.getOrCompute("a", failing)).toBe("old");
    await kept();
    expect(cache.stats).toMatchObject({ stale: 1, computeErrors: 1 });
    await kept();
    expect(await cache.getOrCompute("a", () => "new")).toBe("new");
    await kept();
    time.now += 12_000;
    await expect(cache.getOrCompute("a", failing)).rejects.toThrow("down");
  });

  it("goes on computing for others when one gives up, and stops when nobody waits", async () => {
    const { cache } = setUp();
    const work = Promise.withResolvers<string>();
    let signal: AbortSignal | undefined;
    const compute = (context: { signal: AbortSignal }): Promise<string> => {
      ({ signal } = context);
      return work.promise;
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const first = cache.getOrCompute("a", compute, { signal: one.signal });
    const second = cache.getOrCompute("a", compute, { signal: two.signal });
    await until(() => signal !== undefined);
    one.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(signal?.aborted).toBe(false);
    work.resolve("done");
    expect(await second).toBe("done");

    const third = cache.getOrCompute("b", compute, { signal: two.signal });
    two.abort(new Error("both"));
    await expect(third).rejects.toThrow("both");
    expect(await cache.getOrCompute("b", () => "anew")).toBe("anew");
  });

  it("makes ttls shorter by up to ttlJitter", async () => {
    const { cache, store } = setUp({ ttl: 1_000, ttlJitter: 0.5, random: () => 0.5 });
    await cache.set("a", 1);
    expect(store.calls).toEqual(["set test:1:v:a 750"]);
  });

  it("is not seen by another version", async () => {
    const { cache, store, compute } = setUp();
    await cache.getOrCompute("a", compute);
    await until(() => store.texts.size === 1);
    const next = createCache({ name: "test", store, version: 2 });
    expect(await next.get("a")).toBeUndefined();
  });

  it("counts what cannot be read as a miss, and tells it", async () => {
    const { cache, store, compute } = setUp();
    const told: unknown[] = [];
    using _ = onEvent("cache:unreadable", (event) => told.push(event));
    for (const text of [
      "",
      "no entry",
      "[1,2]\nx",
      '[1,1,1,1,1,{}]\n{"a"',
      `[1,${"9".repeat(15)},0,${"9".repeat(15)},1,{}]\n{`,
    ]) {
      store.texts.set("test:1:v:a", text);
      const value = await cache.getOrCompute("a", compute);
      expect(value).toBeTypeOf("number");
      await kept();
    }
    expect(told.length).toBe(4);
    expect(cache.stats.undecodable).toBe(told.length);
  });

  it("gives what its codec cannot write to who asked for it, and tells it", async () => {
    const { cache } = setUp();
    const told: unknown[] = [];
    using _ = onEvent("cache:unreadable", ({ cause }) => told.push(cause));
    expect(await cache.getOrCompute("a", () => 5n)).toBe(5n);
    await until(() => told.length === 1);
    await expect(cache.set("a", 5n)).rejects.toThrow(TypeError);
  });

  it("takes a codec of one's own", async () => {
    const codec = { encode: (value: bigint) => String(value), decode: (text: string) => BigInt(text) };
    const cache = createCache<bigint>({ name: "test", codec });
    await cache.set("a", 2n ** 70n);
    expect(await cache.getOrCompute("a", () => 0n)).toBe(2n ** 70n);
  });

  it("tells how each read fared", async () => {
    const { cache, compute } = setUp();
    const told: string[] = [];
    using _ = onEvent("cache:get", ({ outcome }) => told.push(outcome));
    await Promise.all([cache.getOrCompute("a", compute), cache.getOrCompute("a", compute)]);
    await until(() => cache.stats.computes === 1);
    await cache.get("a");
    expect(told.toSorted()).toEqual(["hit", "miss", "shared"]);
  });
});

describe("delete and set", () => {
  it("void what is being computed: it is given out, and not kept", async () => {
    for (const change of ["delete", "set"] as const) {
      const { cache, store } = setUp();
      const work = Promise.withResolvers<string>();
      const old = cache.getOrCompute("a", () => work.promise);
      await until(() => cache.stats.computes === 1);
      await (change === "delete" ? cache.delete("a") : cache.set("a", "set"));
      const next = cache.getOrCompute("a", () => "next");
      expect(await next).toBe(change === "delete" ? "next" : "set");
      work.resolve("old");
      expect(await old).toBe("old");
      await until(() => [...store.texts.values()].some((text) => /next|set/.test(text)));
      expect(await cache.get("a")).toBe(change === "delete" ? "next" : "set");
    }
  });
});

describe("tags", () => {
  it("invalidate all entries that carry them, over all who use the store", async () => {
    const { cache, store, time } = setUp();
    const other = createCache({ name: "test", store, date: () => time.now });
    await cache.getOrCompute("a", () => 1, { tags: ["user 1", "list"] });
    await other.getOrCompute("b", () => 2, { tags: ["user 2", "list"] });
    await cache.set("c", 3, { tags: ["user 2"] });
    await until(() => store.calls.filter((call) => call.startsWith("set")).length === 3);
    expect([await other.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([1, 2, 3]);
    await other.invalidate("user 2");
    expect([await cache.get("a"), await cache.get("b"), await cache.get("c")]).toEqual([1, undefined, undefined]);
    await cache.getOrCompute("c", () => 4, { tags: ["user 2"] });
    await until(() => store.calls.at(-1)?.startsWith("set") === true);
    expect([await cache.get("c"), await cache.get("b")]).toEqual([4, undefined]);
    await cache.invalidate("list");
    expect(await cache.get("a")).toBeUndefined();
  });

  it("invalidate what another process computes meanwhile", async () => {
    const { cache, store, time } = setUp();
    const other = createCache({ name: "test", store, date: () => time.now });
    const work = Promise.withResolvers<string>();
    const computing = cache.getOrCompute("a", () => work.promise, { tags: ["t"] });
    await until(() => cache.stats.computes === 1);
    await other.invalidate("t");
    work.resolve("of before");
    expect(await computing).toBe("of before");
    await until(() => store.calls.at(-1)?.startsWith("set") === true);
    expect(await cache.get("a")).toBeUndefined();
    expect(await other.getOrCompute("a", () => "of after", { tags: ["t"] })).toBe("of after");
  });

  it("make their entries misses when the store has forgotten the stamp, for good", async () => {
    const { cache, store } = setUp();
    await cache.set("a", 1, { tags: ["t"] });
    store.texts.delete("test:1:t:t");
    expect(await cache.get("a")).toBeUndefined();
    await cache.set("b", 2, { tags: ["t"] });
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.get("b")).toBe(2);
  });
});

describe("with a lock", () => {
  it("one process computes, the others take what it has stored", async () => {
    const store = memoryStore();
    const lock = createMemoryLock();
    let computed = 0;
    const slow = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return ++computed;
    };
    const caches = Array.from({ length: 3 }, () => createCache({ name: "test", store, lock }));
    const values = await Promise.all(
      caches.flatMap((cache) => Array.from({ length: 300 }, () => cache.getOrCompute("a", slow))),
    );
    expect(new Set(values)).toEqual(new Set([1]));
    expect(computed).toBe(1);
    await until(() => lock.held().length === 0);
  });

  it("computes all the same when the lock cannot be had in time, or fails", async () => {
    const lock = createMemoryLock();
    await lock.acquire("test:1:l:a");
    const { cache } = setUp({ lock, lockTimeout: 20 });
    expect(await cache.getOrCompute("a", () => 1)).toBe(1);
    await lock.close();
    expect(await cache.getOrCompute("b", () => 2)).toBe(2);
  });
});

describe("memoryStore", () => {
  it("is bounded by entries and by size", async () => {
    const { signal } = new AbortController();
    const few = memoryStore({ maxEntries: 2 });
    for (const key of ["a", "b", "c"]) await few.set(key, "x", 1_000, signal);
    expect(await few.get(["a", "b", "c"], signal)).toEqual([undefined, "x", "x"]);
    const small = memoryStore({ maxSize: 100 });
    await small.set("a", "x".repeat(60), 1_000, signal);
    await small.set("b", "x".repeat(60), 1_000, signal);
    await small.set("c", "x".repeat(200), 1_000, signal);
    expect((await small.get(["a", "b", "c"], signal)).map((text) => text?.length)).toEqual([undefined, 60, undefined]);
  });
});

describe("bad input", () => {
  it("is refused by name", async () => {
    const { cache } = setUp();
    const wrong: (() => Promise<unknown>)[] = [
      () => cache.get(""),
      () => cache.get("a", { signal: 1 as never }),
      () => cache.set("a", 1, { ttl: 0 }),
      () => cache.set("a", 1, { ttl: Infinity }),
      () => cache.set("a", 1, { tags: [""] }),
      () => cache.delete(7 as never),
      () => cache.invalidate(""),
      () => cache.getOrCompute("a", "x" as never),
      () => cache.getOrCompute("a", () => 1, { tll: 5 } as never),
    ];
    for (const call of wrong) await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    for (const options of [{}, { name: "x", store: {} }, { name: "x", ttl: 0 }, { name: "x", tttl: 1 }, null])
      expect(() => createCache(options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTIONS" }) as Error,
      );
    expect(() => memoryStore({ maxEntries: 0 })).toThrow(expect.objectContaining({ code: "INVALID_OPTIONS" }) as Error);
  });
});
