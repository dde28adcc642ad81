import { describe, expect, test } from "vitest";
import type { Connector } from "../../src/connector/connector.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import { onEvent } from "../../src/on-event.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, gate, type Handle, handWritten, MemoryBackend } from "../support/memory-backend.js";

/** A registry of connected connectors of these names, each with a backend of its own. */
async function connected<N extends string>(...names: N[]) {
  const backends = Object.fromEntries(names.map((name) => [name, new MemoryBackend()])) as Record<N, MemoryBackend>;
  const registry = createRegistry(
    Object.fromEntries(names.map((name) => [name, backends[name].connector()])) as Record<N, Connector<Handle>>,
  );
  await Promise.all(names.map((name) => registry.get(name).connect()));
  return { registry, backends };
}

function failing(): never {
  throw new Error("no disconnect");
}

describe("names", () => {
  test("get, find, has and names look a connector up", () => {
    const db = new MemoryBackend().connector();
    const registry = createRegistry({ db, cache: new MemoryBackend().connector() });
    expect(registry.get("db")).toBe(db);
    expect(registry.find("db")).toBe(db);
    expect(registry.find("dbb")).toBeUndefined();
    expect([registry.has("cache"), registry.has("toString")]).toEqual([true, false]);
    expect(registry.names()).toEqual(["db", "cache"]);
    expect([...registry.connectors().keys()]).toEqual(["db", "cache"]);
  });

  test("a missing name and a name taken twice are errors of their own", () => {
    const registry = createRegistry({ db: new MemoryBackend().connector(), cache: new MemoryBackend().connector() });
    const missing = (): unknown => registry.get("dbb" as "db");
    expect(missing).toThrow(
      expect.objectContaining({
        code: "CONNECTOR_NOT_FOUND",
        message: 'there is no connector "dbb"; known are "db", "cache"',
      }),
    );
    const twice = (): unknown => registry.register("db", new MemoryBackend().connector());
    expect(twice).toThrow(
      expect.objectContaining({ code: "DUPLICATE_CONNECTOR", message: 'there is a connector "db" already' }),
    );
    const none = (): unknown => createRegistry().get("db");
    expect(none).toThrow(expect.objectContaining({ message: 'there is no connector "db"; there are none' }));
  });

  test("a connector takes the name it is registered under", async () => {
    const backend = new MemoryBackend();
    const registry = createRegistry();
    const db = registry.register("orders", backend.connector());
    expect(db.name).toBe("orders");
    await db.connect();
    expect(backend.names).toEqual(["orders"]);
  });

  test("one that has another name, or is connected, keeps it and is refused", async () => {
    const registry = createRegistry();
    const named = new MemoryBackend().connector({ name: "main" });
    expect(() => registry.register("db", named)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: 'connector "main" (memory) cannot be registered as "db": it has a name already',
      }),
    );
    expect(registry.register("main", named).name).toBe("main");
    const open = await new MemoryBackend().connector().connect();
    expect(() => registry.register("db", open)).toThrow(
      /cannot be registered as "db": it is ready; name it before it connects/,
    );
    expect(registry.register("memory", open).name).toBe("memory");
  });

  test("a connector belongs to one registry at a time", async () => {
    const db = new MemoryBackend().connector();
    const first = createRegistry({ db });
    expect(() => createRegistry({ db })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: 'connector "db" belongs to a registry, and cannot belong to a registry as well',
      }),
    );
    expect(first.release("db")).toBe(db);
    const second = createRegistry({ db });
    await second.close();
    expect(createRegistry({ db }).get("db")).toBe(db);
  });

  test.each([
    ["__proto__", /must not be "__proto__"/],
    ["constructor", /must not be "constructor"/],
    ["", /must not be empty/],
    [" ", /must not be empty/],
  ])("refuses %j as a name", (name, problem) => {
    expect(() => createRegistry().register(name, new MemoryBackend().connector())).toThrow(problem);
    const map = Object.create(null) as Record<string, Connector>;
    Object.defineProperty(map, name, { value: new MemoryBackend().connector(), enumerable: true });
    expect(() => createRegistry(map)).toThrow(problem);
  });

  test("refuses a map that hides an entry, and values that are no connectors, and takes nothing of such a map", () => {
    const db = new MemoryBackend().connector();
    // Written so, `__proto__` sets the prototype.
    expect(() => createRegistry({ __proto__: db })).toThrow(/plain object/);
    expect(() => createRegistry([db] as never)).toThrow(/plain object/);
    expect(() => createRegistry("db" as never)).toThrow(/plain object/);
    expect(() => createRegistry({ db, cache: {} as never })).toThrow(/"cache" must be a connector, got an object/);
    expect(() => createRegistry({ db, cache: null as never })).toThrow(/"cache" must be a connector, got null/);
    expect(createRegistry({ db }).get("db")).toBe(db);
  });
});

describe("remove", () => {
  test("takes the connector out at once, and resolves when it is closed", async () => {
    const { registry, backends } = await connected("db", "cache");
    const draining = gate();
    backends.db.beforeClose = () => draining.passed;
    const gone = registry.remove("db", { timeout: 20 });
    expect(registry.names()).toEqual(["cache"]);
    registry.register("db", new MemoryBackend().connector());
    draining.open();
    await gone;
    expect(backends.db).toMatchObject({ live: 0, closeTimeouts: [20] });
    expect(await failureOf(registry.remove("dbb"))).toMatchObject({ code: "CONNECTOR_NOT_FOUND" });
  });
});

describe("healthCheck", () => {
  test("asks all at once, each apart from the others", async () => {
    const { registry, backends } = await connected("db", "cache", "flags");
    backends.cache.onCheck = () => Promise.reject(new Error("down"));
    backends.flags.onCheck = () => new Promise(() => undefined);
    const health = await registry.healthCheck({ timeout: 30 });
    expect(health).toMatchObject({
      healthy: false,
      connectors: {
        db: { healthy: true },
        cache: { healthy: false, error: { message: "down" } },
        flags: { healthy: false, error: { code: "UNAVAILABLE" } },
      },
    });
    await registry.remove("cache");
    backends.flags.onCheck = () => undefined;
    expect((await registry.healthCheck()).healthy).toBe(true);
  });

  test("outlives a connector that throws or never answers", async () => {
    const clock = new ManualClock();
    const registry = createRegistry({}, { clock });
    const base = {
      name: "x",
      kind: "odd",
      key: "k",
      state: "ready",
      isConnected: true,
      config: {},
      client: undefined,
    } as const;
    const none = (): Promise<never> => Promise.reject(new Error("none"));
    const made = (healthCheck: () => Promise<never>): Connector => ({
      ...base,
      connect: none,
      restart: none,
      disconnect: () => Promise.resolve(),
      healthCheck,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
    registry.register(
      "throws",
      made(() => {
        throw new Error("thrown");
      }),
    );
    registry.register(
      "hangs",
      made(() => new Promise(() => undefined)),
    );
    const health = registry.healthCheck({ timeout: 100 });
    await clock.advance(350);
    expect(await health).toMatchObject({
      connectors: {
        throws: { healthy: false, error: { message: "thrown" } },
        hangs: { healthy: false, error: { code: "UNAVAILABLE" } },
      },
    });
  });

  test("works on a snapshot: what is removed meanwhile is still told of", async () => {
    const { registry, backends } = await connected("db", "cache");
    const answer = gate();
    backends.cache.onCheck = () => answer.passed;
    const health = registry.healthCheck();
    await registry.remove("db");
    answer.open();
    expect(Object.keys((await health).connectors)).toEqual(["db", "cache"]);
  });

  test("rejects with the signal's reason", async () => {
    const { registry, backends } = await connected("db");
    backends.db.onCheck = () => new Promise(() => undefined);
    const abort = new AbortController();
    const failure = failureOf(registry.healthCheck({ signal: abort.signal }));
    abort.abort("enough");
    expect(await failure).toBe("enough");
    expect(await failureOf(registry.healthCheck({ signal: abort.signal }))).toBe("enough");
  });

  test("is unhealthy for a registry that is closing, and healthy for an empty one", async () => {
    const registry = createRegistry();
    expect(await registry.healthCheck()).toMatchObject({ healthy: true, connectors: {} });
    await registry.close();
    expect(await registry.healthCheck()).toMatchObject({ healthy: false, connectors: {} });
  });
});

describe("close", () => {
  test("closes last in first out, each once the one before it is closed", async () => {
    const { registry, backends } = await connected("first", "second", "third");
    const order: string[] = [];
    for (const [name, backend] of Object.entries(backends)) {
      backend.beforeClose = async () => {
        order.push(`${name} closing`);
        await settle();
        order.push(`${name} closed`);
      };
    }
    await registry.close();
    expect(order).toEqual([
      "third closing",
      "third closed",
      "second closing",
      "second closed",
      "first closing",
      "first closed",
    ]);
  });

  test("is idempotent, and refuses everything from its call on", async () => {
    const { registry, backends } = await connected("db");
    const closed = Promise.all([registry.close(), registry.close()]);
    expect(() => registry.get("db")).toThrow(expect.objectContaining({ code: "REGISTRY_CLOSED" }));
    expect(() => registry.register("x", new MemoryBackend().connector())).toThrow(
      expect.objectContaining({ code: "REGISTRY_CLOSED" }),
    );
    expect(() => registry.scope("x")).toThrow(expect.objectContaining({ code: "REGISTRY_CLOSED" }));
    expect(await failureOf(registry.remove("db"))).toMatchObject({ code: "REGISTRY_CLOSED" });
    expect(await failureOf(registry.restart())).toMatchObject({ code: "REGISTRY_CLOSED" });
    await closed;
    await registry.close();
    expect(backends.db).toMatchObject({ live: 0 });
    expect(registry.find("db")).toBeUndefined();
  });

  test("waits for a connect that is under way, and leaves nothing of it open", async () => {
    const backend = new MemoryBackend();
    const opening = gate();
    backend.beforeOpen = () => opening.passed;
    const registry = createRegistry({ db: backend.connector() });
    const failure = failureOf(registry.get("db").connect());
    await settle();
    let closed = false;
    const closing = registry.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    opening.open();
    await closing;
    expect(await failure).toMatchObject({ code: "NOT_CONNECTED" });
    expect(backend).toMatchObject({ live: 0, mostLive: 1 });
  });

  test("waits for a removal that is under way", async () => {
    const { registry, backends } = await connected("db");
    const draining = gate();
    backends.db.beforeClose = () => draining.passed;
    const removed = registry.remove("db");
    let closed = false;
    const closing = registry.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    draining.open();
    await Promise.all([removed, closing]);
  });

  test("keeps one deadline for all: what is left of it goes to the next, and nothing to those after it", async () => {
    const clock = new ManualClock();
    const backends = [new MemoryBackend(), new MemoryBackend(), new MemoryBackend(), new MemoryBackend()];
    const registry = createRegistry({}, { clock });
    for (const [index, backend] of backends.entries())
      await registry.register(`db${String(index)}`, backend.connector({}, clock)).connect();
    backends[3]!.beforeClose = () => new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 300));
    backends[2]!.beforeClose = () => new Promise(() => undefined);
    let closed = false;
    void registry.close({ timeout: 1_000 }).then(() => (closed = true));
    await clock.advance(999);
    expect(backends.map(({ closeTimeouts }) => closeTimeouts[0])).toEqual([undefined, undefined, 700, 1_000]);
    await clock.advance(1);
    expect(backends.map(({ closeTimeouts }) => closeTimeouts[0])).toEqual([0, 0, 700, 1_000]);
    expect(backends.map(({ live }) => live)).toEqual([0, 0, 1, 0]);
    await clock.advance(1_999);
    expect(closed).toBe(false);
    await clock.advance(1);
    expect(closed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  describe("without a timeout", () => {
    /** A registry whose connectors take this long to drain, each as long as it may. */
    async function draining(...drainTimeouts: (number | undefined)[]) {
      const clock = new ManualClock();
      const registry = createRegistry({}, { clock });
      const backends = drainTimeouts.map(() => new MemoryBackend());
      const connectors = drainTimeouts.map((drainTimeout, index) => {
        const backend = backends[index]!;
        backend.beforeClose = (_handle, timeout) =>
          new Promise((resolve) => clock.setTimeout(() => resolve(undefined), timeout));
        return backend.connector({ ...(drainTimeout !== undefined && { drainTimeout }), key: String(index) }, clock);
      });
      const timeouts = (): unknown[] => backends.map(({ closeTimeouts }) => closeTimeouts[0]);
      return { clock, registry, connectors, timeouts };
    }

    test.each([
      [[40_000], [30_000]],
      [[Infinity], [30_000]],
      [
        [Infinity, 20_000, undefined],
        [7_000, 20_000, 3_000],
      ],
    ])("each has its own, within 30 s in all: %j takes %j", async (drainTimeouts, given) => {
      const { clock, registry, connectors, timeouts } = await draining(...drainTimeouts);
      for (const [index, connector] of connectors.entries())
        await registry.register(`db${String(index)}`, connector).connect();
      let closed = false;
      void registry.close().then(() => (closed = true));
      await clock.advance(29_999);
      expect(closed).toBe(false);
      await clock.advance(1);
      expect(closed).toBe(true);
      expect(timeouts()).toEqual(given);
      expect(clock.pending).toBe(0);
    });

    test("the scopes' are among them", async () => {
      const { clock, registry, connectors, timeouts } = await draining(Infinity, 10_000);
      for (const [index, connector] of connectors.entries())
        await registry.scope(`task-${String(index)}`).connect(connector);
      let closed = false;
      void registry.close().then(() => (closed = true));
      await clock.advance(30_000);
      expect(closed).toBe(true);
      expect(timeouts()).toEqual([20_000, 10_000]);
    });

    test("one written by hand is told to abort then, and left behind where it does not", async () => {
      const { clock, registry } = await draining();
      const told: unknown[] = [];
      const disconnect = (options?: { timeout?: number }): Promise<void> => {
        told.push(options);
        return new Promise(() => undefined);
      };
      registry.register("own", handWritten({ disconnect }));
      let closed = false;
      void registry.close().then(() => (closed = true));
      await clock.advance(29_999);
      expect(told).toEqual([{}]);
      await clock.advance(1);
      expect(told).toEqual([{}, { timeout: 0 }]);
      await clock.advance(2_000);
      expect(closed).toBe(true);
    });
  });

  test.each([
    ["throws", failing],
    ["rejects", async () => failing()],
  ])("closes the others, and forgets all, where the disconnect of one %s", async (_, disconnect) => {
    const { registry, backends } = await connected("first", "last");
    registry.register("by hand", handWritten({ disconnect }));
    await registry.register("newest", backends.last.connector()).connect();
    const told: unknown[] = [];
    using _told = onEvent("connector:state", ({ connector, cause }) => {
      if (connector === "by hand") told.push((cause as Error).message);
    });
    await registry.close();
    expect([backends.first.live, backends.last.live]).toEqual([0, 0]);
    expect(registry.names()).toEqual([]);
    expect(told).toEqual(["no disconnect"]);
  });

  test("is what leaving a block does", async () => {
    const backend = new MemoryBackend();
    {
      await using registry = createRegistry({ db: backend.connector() });
      await registry.get("db").connect();
      expect(backend.live).toBe(1);
    }
    expect(backend.live).toBe(0);
  });
});

describe("restart", () => {
  test("puts a fresh client behind every connector that was open or failed, and no other", async () => {
    const { registry, backends } = await connected("db", "cache", "gone");
    const idle = new MemoryBackend();
    registry.register("idle", idle.connector());
    await registry.get("gone").disconnect();
    const before = registry.get("db").client;
    expect(await registry.restart()).toBe(registry);
    expect(registry.get("db").client).not.toBe(before);
    expect([backends.db, backends.cache, backends.gone, idle].map(({ opened, live }) => [opened.length, live])).toEqual(
      [
        [2, 1],
        [2, 1],
        [1, 0],
        [0, 0],
      ],
    );
  });

  test("names those that do not come back", async () => {
    const { registry, backends } = await connected("db", "cache");
    backends.cache.beforeOpen = () => Promise.reject(new Error("moved"));
    const error = await failureOf(registry.restart());
    expect(error).toMatchObject({
      code: "CONNECT_ALL_FAILED",
      details: { failures: [{ name: "cache", kind: "memory", code: "CONNECT_FAILED" }] },
    });
    expect([registry.get("db").state, registry.get("cache").state]).toEqual(["ready", "failed"]);
  });
});
