import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import type { Connector } from "../../src/connector/connector.js";
import type { ConnectorState } from "../../src/connector/state-machine.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import { assignName } from "../../src/connector/naming.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, gate, type Handle, handWritten, MemoryBackend } from "../support/memory-backend.js";

function failing(): never {
  throw new Error("no disconnect");
}

describe("connect", () => {
  test("opens on first use, and lends the same to everybody who connects to the same place", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const opening = gate();
    backend.beforeOpen = () => opening.passed;
    const asked = [backend.connector(), backend.connector(), backend.connector()];
    const waiting = Promise.all([...asked.map((one) => scope.connect(one)), scope.connect(() => backend.connector())]);
    opening.open();
    const views = await waiting;
    expect(new Set(views.map(({ client }) => client)).size).toBe(1);
    expect(await scope.connect(backend.connector())).toBe(views[0]);
    expect(backend.opened).toHaveLength(1);
    expect(asked.map(({ state }) => state)).toEqual(["ready", "idle", "idle"]);
  });

  test("two that were closed before they were handed over take turns on one place without turning each other out for ever", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const [over, ...closed] = [backend.connector(), backend.connector(), backend.connector()];
    await scope.connect(over);
    await Promise.all([over, ...closed].map((one) => one.disconnect()));
    const views = await Promise.all(closed.map((one) => scope.connect(one)));
    expect(new Set(views).size).toBe(1);
    expect(backend.opened).toHaveLength(2);
  });

  test("keeps roles, kinds and places apart", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    await scope.connect(backend.connector(), { role: "source" });
    await scope.connect(backend.connector(), { role: "target" });
    await scope.connect(backend.connector());
    await scope.connect(backend.connector({ key: "memory:2" }));
    await scope.connect(backend.connector({ kind: "other" }));
    await scope.connect(backend.connector({ key: "memory:3", name: "named" }));
    expect(scope.list().map(({ key, role, name, kind, state }) => [key, role, name, kind, state])).toEqual([
      ["memory:1", "source", "task-42/source", "memory", "ready"],
      ["memory:1", "target", "task-42/target", "memory", "ready"],
      ["memory:1", undefined, "task-42/memory", "memory", "ready"],
      ["memory:2", undefined, "task-42/memory#2", "memory", "ready"],
      ["memory:1", undefined, "task-42/other", "other", "ready"],
      ["memory:3", undefined, "named", "memory", "ready"],
    ]);
    expect(scope.count).toBe(6);
    backend.opened[0]!.connections = 5;
    expect(scope.connections).toBe(10);
  });

  test("a failed connect can be tried again, and leaves nothing in the list", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    backend.beforeOpen = () => Promise.reject(new Error("refused"));
    const source = backend.connector();
    expect(await failureOf(scope.connect(source))).toMatchObject({ code: "CONNECT_FAILED" });
    expect(scope.count).toBe(0);
    backend.beforeOpen = () => undefined;
    expect((await scope.connect(source)).isConnected).toBe(true);
  });

  test.each([
    ["throws", failing],
    ["rejects", async () => failing()],
  ])("a failed connect is all its caller hears of where the disconnect then %s", async (_, disconnect) => {
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const connect = async (): Promise<never> => {
      throw new Error("no connect");
    };
    const failed = handWritten({ state: "failed", connect, disconnect });
    expect(await failureOf(scope.connect(failed))).toMatchObject({ message: "no connect" });
    await settle();
    await scope.connect(handWritten());
    expect(scope.count).toBe(1);
  });

  test("one who hears late of a failure does not undo what was opened since", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const hearing = [gate(), gate()] as const;
    let calls = 0;
    let state: ConnectorState = "idle";
    // Written by hand, so that its callers hear at different times.
    const slow = Object.create(backend.connector(), {
      state: { get: () => state },
      kind: { value: "memory" },
      key: { value: "memory:1" },
      connect: { value: () => hearing[calls++]?.passed },
      disconnect: { value: () => Promise.resolve() },
      [assignName]: { value: undefined },
      name: { value: "slow" },
    }) as Connector<Handle>;
    const failures = [failureOf(scope.connect(slow)), failureOf(scope.connect(backend.connector()))];
    state = "failed";
    hearing[0].fail(new Error("refused"));
    await failures[0];
    const view = await scope.connect(backend.connector());
    hearing[1].fail(new Error("refused"));
    await failures[1];
    expect(scope.list()).toHaveLength(1);
    expect(await scope.connect(backend.connector())).toBe(view);
    await scope.close();
    expect(backend).toMatchObject({ live: 0, mostLive: 1 });
  });

  test("replaces one that was closed, once that has drained", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const first = backend.connector();
    const before = await scope.connect(first);
    const draining = gate();
    backend.beforeClose = () => draining.passed;
    void first.disconnect();
    const replacing = Promise.all([scope.connect(backend.connector()), scope.connect(backend.connector())]);
    await settle();
    expect(backend.opened).toHaveLength(1);
    draining.open();
    const [second, third] = await replacing;
    expect(second).toBe(third);
    expect(second).not.toBe(before);
    expect(backend).toMatchObject({ live: 1, mostLive: 1 });
    expect(scope.count).toBe(1);
    expect(() => before.client).toThrow(/not connected/);
  });

  test("connects the same connector again when that is the one given", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const source = backend.connector();
    const view = await scope.connect(source);
    await source.disconnect();
    expect(await scope.connect(source)).toBe(view);
    expect(backend).toMatchObject({ live: 1, mostLive: 1 });
  });

  test("never replaces one because it is busy or unhealthy", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const view = await scope.connect(backend.connector());
    backend.onCheck = () => Promise.reject(new Error("all connections are lent"));
    expect((await view.healthCheck()).healthy).toBe(false);
    expect(await scope.connect(backend.connector())).toBe(view);
    expect(backend.opened).toHaveLength(1);
  });

  test("a caller who gives up leaves the connect to those who wait", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const opening = gate();
    backend.beforeOpen = () => opening.passed;
    const abort = new AbortController();
    const failure = failureOf(scope.connect(backend.connector(), { signal: abort.signal }));
    const view = scope.connect(backend.connector());
    abort.abort("enough");
    expect(await failure).toBe("enough");
    opening.open();
    expect((await view).isConnected).toBe(true);
    expect(await failureOf(scope.connect(backend.connector(), { signal: abort.signal }))).toBe("enough");
  });

  test("refuses what belongs to the registry or to another scope", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry({ db: backend.connector() });
    const [one, two] = [registry.scope("one"), registry.scope("two")];
    expect(await failureOf(one.connect(registry.get("db")))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: 'connector "db" belongs to a registry, and cannot belong to scope "one" as well',
    });
    const source = backend.connector();
    await one.connect(source);
    expect(await failureOf(two.connect(source))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf(two.connect({} as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf(two.connect(backend.connector(), { role: "" }))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect([one.count, two.count]).toEqual([1, 0]);
  });

  test("lends a view that shows the connector, follows it, and prints no secret", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const source = backend.connector({ options: { host: "h", password: "hush-hush" } });
    const view = await registry.scope("task-42").connect(source, { role: "source" });
    expect(view).toMatchObject({
      name: "task-42/source",
      kind: "memory",
      key: "memory:1",
      state: "ready",
      connections: 1,
      isConnected: true,
    });
    expect(view.config).toEqual(source.config);
    expect(view.client).toBe(source.client);
    expect((await view.healthCheck()).healthy).toBe(true);
    await source.restart();
    expect(view.client).toBe(backend.opened[1]);
    expect(inspect(view, { showHidden: true, depth: 9 })).toBe(
      "ConnectorView { name: 'task-42/source', kind: 'memory', state: 'ready' }",
    );
    expect(JSON.stringify(view)).toBe('{"name":"task-42/source","kind":"memory","state":"ready"}');
    expect(["connect", "disconnect", "restart", Symbol.asyncDispose].filter((power) => power in view)).toEqual([]);
  });
});

describe("close", () => {
  test("aborts the scope's signal, then closes last in first out", async () => {
    const order: string[] = [];
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    scope.signal.addEventListener("abort", () => order.push("aborted"));
    for (const role of ["source", "target"]) {
      const backend = new MemoryBackend();
      backend.beforeClose = async () => {
        await settle();
        order.push(role);
      };
      await scope.connect(backend.connector(), { role });
    }
    await Promise.all([scope.close(), scope.close()]);
    expect(order).toEqual(["aborted", "target", "source"]);
    expect(scope.signal.reason).toMatchObject({ code: "SCOPE_CLOSED", message: 'scope "task-42" is closed' });
    expect(scope.count).toBe(0);
    expect(await failureOf(scope.connect(new MemoryBackend().connector()))).toMatchObject({ code: "SCOPE_CLOSED" });
    const make = vi.fn(() => new MemoryBackend().connector());
    expect(await failureOf(scope.connect(make))).toMatchObject({ code: "SCOPE_CLOSED" });
    expect(make).not.toHaveBeenCalled();
  });

  test("may be called from a listener of its own signal", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    await scope.connect(backend.connector());
    let inner: Promise<void> | undefined;
    scope.signal.addEventListener("abort", () => {
      inner = scope.close();
    });
    await scope.close();
    await inner;
    expect(backend.live).toBe(0);
  });

  test("calls off what is connecting, and fails those who wait with SCOPE_CLOSED", async () => {
    const backend = new MemoryBackend();
    const opening = gate();
    backend.beforeOpen = () => opening.passed;
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const failures = [failureOf(scope.connect(backend.connector())), failureOf(scope.connect(backend.connector()))];
    await settle();
    const closing = scope.close();
    opening.open();
    await closing;
    expect(await Promise.all(failures)).toMatchObject([{ code: "SCOPE_CLOSED" }, { code: "SCOPE_CLOSED" }]);
    expect(backend).toMatchObject({ live: 0, mostLive: 1 });
  });

  test.each([
    ["throws", failing],
    ["rejects", async () => failing()],
  ])("comes to its end where the disconnect of one %s", async (_, disconnect) => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    await scope.connect(backend.connector());
    await scope.connect(handWritten({ disconnect }));
    await scope.close();
    expect(backend.live).toBe(0);
    expect([...registry.scopes().keys()]).toEqual([]);
  });

  test("waits for what was replaced and still drains", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    const first = backend.connector();
    await scope.connect(first);
    const draining = gate();
    backend.beforeClose = () => draining.passed;
    void first.disconnect();
    const failure = failureOf(scope.connect(backend.connector()));
    let closed = false;
    const closing = scope.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    draining.open();
    await closing;
    expect(await failure).toMatchObject({ code: "SCOPE_CLOSED" });
    expect(backend).toMatchObject({ live: 0, mostLive: 1 });
  });

  test("keeps one deadline for all, also when every backend is silent", async () => {
    const clock = new ManualClock();
    const registry = createRegistry({}, { clock });
    const scope = registry.scope("task-42");
    const backends = [new MemoryBackend(), new MemoryBackend(), new MemoryBackend()];
    for (const [index, backend] of backends.entries()) {
      backend.beforeClose = () => new Promise(() => undefined);
      await scope.connect(backend.connector({}, clock), { role: String(index) });
    }
    let closed = false;
    void scope.close({ timeout: 500 }).then(() => (closed = true));
    await clock.advance(2_499);
    expect(closed).toBe(false);
    await clock.advance(1);
    expect(closed).toBe(true);
    expect(backends.map(({ closeTimeouts }) => closeTimeouts)).toEqual([[0], [0], [500]]);
  });

  test("is what leaving a block does, and what an abort of the task's signal does", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    {
      await using scope = registry.scope("one");
      await scope.connect(backend.connector());
    }
    expect(backend.live).toBe(0);
    const cancel = new AbortController();
    const scope = registry.scope("two", { signal: cancel.signal });
    await scope.connect(backend.connector());
    expect(getEventListeners(cancel.signal, "abort")).toHaveLength(1);
    await registry.scope("closed before", { signal: cancel.signal }).close();
    expect(getEventListeners(cancel.signal, "abort")).toHaveLength(1);
    cancel.abort(new Error("cancelled"));
    expect(scope.signal.aborted).toBe(true);
    await scope.close();
    expect(backend.live).toBe(0);
    expect(() => registry.scope("three", { signal: cancel.signal })).toThrow("cancelled");
    expect([...registry.scopes().keys()]).toEqual([]);
  });
});

describe("scopes of a registry", () => {
  test("have an id of their own, free again once closed", async () => {
    await using registry = createRegistry();
    const scope = registry.scope("task-42");
    expect(() => registry.scope("task-42")).toThrow(
      expect.objectContaining({ code: "DUPLICATE_SCOPE", message: 'there is a scope "task-42" already' }),
    );
    expect(() => registry.scope("__proto__")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect([...registry.scopes()]).toEqual([["task-42", scope]]);
    await scope.close();
    expect(registry.scopes().size).toBe(0);
    expect(registry.scope("task-42")).not.toBe(scope);
  });

  test("give their connectors free when they close: another may have them", async () => {
    const backend = new MemoryBackend();
    await using registry = createRegistry();
    const source = backend.connector();
    const one = registry.scope("one");
    await one.connect(source);
    await one.close();
    expect((await registry.scope("two").connect(source)).name).toBe("one/memory");
  });

  test("close before the registry's own connectors, the newest first", async () => {
    const order: string[] = [];
    const backend = (name: string): MemoryBackend => {
      const made = new MemoryBackend();
      made.beforeClose = async () => {
        await settle();
        order.push(name);
      };
      return made;
    };
    const registry = createRegistry({ db: backend("db").connector() });
    await registry.get("db").connect();
    await registry.scope("one").connect(backend("one").connector());
    await registry.scope("two").connect(backend("two").connector());
    await registry.close();
    expect(order).toEqual(["two", "one", "db"]);
  });
});
