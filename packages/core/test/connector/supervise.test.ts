import { describe, expect, test } from "vitest";
import { connectAll } from "../../src/connector/connect-all.js";
import type { Connector } from "../../src/connector/connector.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import type { ConnectorState } from "../../src/connector/state-machine.js";
import { supervise } from "../../src/connector/supervise.js";
import type { SupervisionOptions } from "../../src/connector/supervision-options.js";
import type { MomentEvents } from "../../src/events.js";
import { onEvent } from "../../src/on-event.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, gate, MemoryBackend, untilAborted, type Handle } from "../support/memory-backend.js";

// Half of the way between no jitter at all and its most: pauses are three quarters, intervals exact.
const random = (): number => 0.5;

interface Scene {
  readonly clock: ManualClock;
  readonly backend: MemoryBackend;
  readonly connector: Connector<Handle>;
  /** The times at which the backend was checked, in ms since the scene began. */
  readonly checkedAt: number[];
  readonly states: ConnectorState[];
  stop(): void;
}

/** One connector that is connected and looked after, with its backend up. */
async function scene(
  options: SupervisionOptions = {},
  reconnect?: (handle: Handle, signal: AbortSignal) => Promise<void>,
): Promise<Scene> {
  const clock = new ManualClock(0);
  const backend = new MemoryBackend();
  const name = `main-${String(++scenes)}`;
  const connector = backend.connector({ name, options, ...(reconnect && { reconnect }) }, clock);
  const checkedAt: number[] = [];
  backend.onCheck = () => void checkedAt.push(clock.now());
  await connector.connect();
  const states: ConnectorState[] = [];
  const listening = onEvent("connector:state", ({ connector: who, to }) => {
    if (who === name) states.push(to as ConnectorState);
  });
  const supervisor = supervise([connector], { clock, random });
  const stop = (): void => {
    supervisor.stop();
    listening[Symbol.dispose]();
  };
  return { clock, backend, connector, checkedAt, states, stop };
}

let scenes = 0;

/** The backend refuses every check, and counts it. */
function takeAway(
  { backend, clock, checkedAt }: Scene,
  how: () => unknown = () => Promise.reject(new Error("down")),
): void {
  backend.onCheck = () => {
    checkedAt.push(clock.now());
    return how();
  };
}

function bringBack({ backend, clock, checkedAt }: Scene): void {
  backend.onCheck = () => void checkedAt.push(clock.now());
}

describe("background checks", () => {
  test("come every 30 s while all is well, and keep what is known fresh", async () => {
    const { clock, connector, checkedAt, stop } = await scene();
    expect(connector.health).toBeUndefined();
    await clock.advance(95_000);
    expect(checkedAt).toEqual([30_000, 60_000, 90_000]);
    expect(connector.health).toMatchObject({ healthy: true, ageMs: 5_000 });
    stop();
    expect(clock.pending).toBe(0);
  });

  test.each([
    [0, 24_000],
    [0.999_999, 36_000],
  ])("spread by a fifth: with a random number of %d after %d ms", async (number, expected) => {
    const clock = new ManualClock(0);
    const backend = new MemoryBackend();
    const connector = await backend.connector({}, clock).connect();
    using _ = supervise([connector], { clock, random: () => number });
    await clock.advance(expected - 1);
    expect(backend.checks).toBe(0);
    await clock.advance(2);
    expect(backend.checks).toBe(1);
  });

  test('never come with healthCheckInterval "never", and loss is still attended to', async () => {
    const it = await scene({ healthCheckInterval: "never" });
    await it.clock.advance(10 * 60_000);
    expect(it.checkedAt).toEqual([]);
    it.backend.told.lost();
    await it.clock.advance(0);
    expect(it.checkedAt).toHaveLength(1);
    expect(it.connector.state).toBe("ready");
    it.stop();
  });

  test("that hang are given up after healthCheckTimeout, and keep those of others no longer", async () => {
    const clock = new ManualClock(0);
    const [stuck, other] = [new MemoryBackend(), new MemoryBackend()];
    stuck.onCheck = () => new Promise(() => undefined);
    const connectors = [
      await stuck.connector({ options: { healthCheckTimeout: 700 } }, clock).connect(),
      await other.connector({}, clock).connect(),
    ];
    using _ = supervise(connectors, { clock, random });
    await clock.advance(30_000);
    expect([stuck.checks, other.checks]).toEqual([1, 1]);
    await clock.advance(699);
    expect(connectors.map(({ state }) => state)).toEqual(["ready", "ready"]);
    await clock.advance(1);
    expect(connectors.map(({ state }) => state)).toEqual(["reconnecting", "ready"]);
    expect(connectors[0]?.health).toMatchObject({ healthy: false, error: { code: "UNAVAILABLE" } });
    await clock.advance(60_000);
    expect(other.checks).toBe(3);
  });
});

describe("an outage", () => {
  test("is told by the adapter: degraded at once, asked at once, and ready again when it was none", async () => {
    const it = await scene();
    const { client } = it.connector;
    it.backend.told.lost(new Error("socket closed"));
    expect(it.connector).toMatchObject({ state: "degraded", isConnected: false, client });
    expect(it.connector.health).toMatchObject({
      healthy: false,
      error: {
        code: "UNAVAILABLE",
        message: `connector "${it.connector.name}" (memory) has lost its backend: socket closed`,
      },
    });
    await it.clock.advance(0);
    expect(it.states).toEqual(["degraded", "reconnecting", "ready"]);
    expect(it.connector).toMatchObject({ isConnected: true, client });
    expect(it.backend.opened).toHaveLength(1);
    it.stop();
  });

  test("is tried at once, then after pauses that double up to reconnectInterval, until it is over", async () => {
    const it = await scene();
    await it.clock.advance(10_000);
    takeAway(it);
    it.backend.told.lost();
    await it.clock.advance(2_000);
    // Pauses of 50, 100, 200, 400, 400 … ms, a quarter shorter each.
    expect(it.checkedAt.map((at) => at - 10_000).slice(0, 7)).toEqual([0, 37.5, 112.5, 262.5, 562.5, 862.5, 1_162.5]);
    expect(it.connector).toMatchObject({ state: "reconnecting", client: it.backend.opened[0] });
    bringBack(it);
    await it.clock.advance(400);
    expect(it.states).toEqual(["degraded", "reconnecting", "ready"]);
    expect(it.backend).toMatchObject({ mostLive: 1, live: 1 });
    it.stop();
  });

  test("longer than maxReconnectAttempts makes it failed, and a slow probe goes on", async () => {
    const it = await scene({ maxReconnectAttempts: 3, reconnectInterval: 1_000 });
    await it.clock.advance(5_000);
    takeAway(it);
    it.backend.told.lost();
    await it.clock.advance(1_000);
    expect(it.states).toEqual(["degraded", "reconnecting", "failed"]);
    expect(it.checkedAt).toHaveLength(3);
    expect(it.connector.client).toBe(it.backend.opened[0]);
    await it.clock.advance(14_000);
    expect(it.checkedAt).toHaveLength(3);
    await it.clock.advance(1_000);
    expect(it.checkedAt).toHaveLength(4);
    expect(it.states).toEqual(["degraded", "reconnecting", "failed", "reconnecting", "failed"]);
    bringBack(it);
    await it.clock.advance(15_000);
    expect(it.connector.state).toBe("ready");
    it.stop();
  });

  test("ends by the adapter's word, or by anybody's check", async () => {
    const it = await scene();
    await it.clock.advance(5_000);
    takeAway(it);
    it.backend.told.lost();
    await it.clock.advance(100);
    it.backend.told.recovered();
    expect(it.connector).toMatchObject({ state: "ready", health: { healthy: true } });

    await it.clock.advance(5_000);
    it.backend.told.lost();
    await it.clock.advance(100);
    bringBack(it);
    await it.connector.healthCheck();
    expect(it.connector.state).toBe("ready");
    it.stop();
  });

  test("that was told after a check had been asked is not ended by its answer", async () => {
    const it = await scene();
    const answer = gate();
    takeAway(it, () => answer.passed);
    const health = it.connector.healthCheck();
    it.backend.told.lost();
    answer.open();
    expect(await health).toMatchObject({ healthy: true });
    expect(it.connector.state).not.toBe("ready");
    it.stop();
  });

  test("of a backend that flaps is paused for, so that it is not asked ever more often", async () => {
    const it = await scene();
    for (let times = 0; times < 500; times++) {
      it.backend.told.lost();
      await it.clock.advance(10);
    }
    // 5 s: about nine in the first second, then one each 300 ms.
    expect(it.checkedAt.length).toBeLessThan(30);
    expect(it.checkedAt.length).toBeGreaterThan(10);
    it.stop();
  });

  test("with autoReconnect off is left to checks", async () => {
    const it = await scene({ autoReconnect: false }, () => Promise.reject(new Error("nobody asked for it")));
    it.backend.told.lost();
    await it.clock.advance(29_999);
    expect(it.states).toEqual(["degraded"]);
    expect(it.checkedAt).toEqual([]);
    await it.clock.advance(1);
    expect(it.states).toEqual(["degraded", "ready"]);
    it.stop();
  });

  test("is told as connector:recovery, and once as an alarm when it does not end", async () => {
    const it = await scene();
    const told: MomentEvents["connector:recovery"][] = [];
    using _ = onEvent("connector:recovery", (event) => {
      if (event.connector === it.connector.name) told.push(event);
    });
    await it.clock.advance(5_000);
    takeAway(it, () => Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED" })));
    it.backend.told.lost(new Error("gone"));
    await it.clock.advance(10_000);
    expect(told.slice(0, 2)).toMatchObject([
      { kind: "memory", action: "reconnect", attempt: 1, errorClass: "connection", cause: { code: "UNAVAILABLE" } },
      { action: "reconnect", attempt: 2, errorClass: "connection", cause: { code: "ECONNREFUSED" } },
    ]);
    expect(told.filter(({ action }) => action === "alarm")).toMatchObject([{ attempt: 10, errorClass: "connection" }]);
    it.stop();
  });
});

describe("the adapter's own way back", () => {
  test("runs before the check, with the same client", async () => {
    const calls: string[] = [];
    const it = await scene({}, async (handle) => void calls.push(`reconnect ${String(handle.id)}`));
    takeAway(it, () => void calls.push("check"));
    it.backend.told.lost();
    await it.clock.advance(0);
    expect(calls).toEqual(["reconnect 1", "check"]);
    expect(it.connector.state).toBe("ready");
    it.stop();
  });

  test("that rejects is tried again by the back-off, without a check", async () => {
    let fails = 2;
    const it = await scene({}, () => (fails-- > 0 ? Promise.reject(new Error("refused")) : Promise.resolve()));
    await it.clock.advance(5_000);
    it.backend.told.lost();
    await it.clock.advance(100);
    expect(it.connector.health).toMatchObject({ healthy: false, error: { message: "refused" } });
    expect(it.checkedAt).toEqual([]);
    await it.clock.advance(100);
    expect(it.connector.state).toBe("ready");
    expect(it.checkedAt).toHaveLength(1);
    it.stop();
  });

  test("that hangs and does not listen is left after 5 s, is never run twice at once, and checks go on", async () => {
    let running = 0;
    const signals: AbortSignal[] = [];
    const it = await scene({}, (_, signal) => {
      running++;
      signals.push(signal);
      return new Promise(() => undefined);
    });
    takeAway(it);
    it.backend.told.lost();
    await it.clock.advance(4_999);
    expect(it.checkedAt).toEqual([]);
    await it.clock.advance(2_000);
    expect(signals[0]?.aborted).toBe(true);
    expect(it.checkedAt.length).toBeGreaterThan(2);
    bringBack(it);
    await it.clock.advance(400);
    expect(it.connector.state).toBe("ready");
    expect(running).toBe(1);
    it.stop();
  });

  test("is called off when the driver came back by itself", async () => {
    let reason: unknown;
    const it = await scene({}, (_, signal) => untilAborted(signal).catch(() => void (reason = signal.reason)));
    it.backend.told.lost();
    await it.clock.advance(100);
    it.backend.told.recovered();
    await it.clock.advance(0);
    expect(reason).toEqual(new Error("it is back"));
    expect(it.connector.state).toBe("ready");
    it.stop();
  });
});

describe("the end", () => {
  test("of a connector calls off what is under way, and nothing begins any more", async () => {
    let reason: unknown;
    const it = await scene({}, (_, signal) => untilAborted(signal).catch(() => void (reason = signal.reason)));
    it.backend.told.lost();
    await it.clock.advance(10);
    await it.connector.disconnect();
    await settle();
    expect(reason).toBeInstanceOf(Error);
    it.backend.told.lost();
    it.backend.told.recovered();
    await it.clock.advance(120_000);
    expect(it.connector.state).toBe("closed");
    expect(it.backend.checks).toBe(0);
    expect(it.clock.pending).toBe(0);

    await it.connector.connect();
    await it.clock.advance(30_000);
    expect(it.checkedAt).toHaveLength(1); // and it is looked after again
    it.stop();
  });

  test("of a registry comes after its supervisor's: no check runs or begins once close has begun", async () => {
    const clock = new ManualClock(0);
    const [slow, lost] = [new MemoryBackend(), new MemoryBackend()];
    const aborted: string[] = [];
    const hang = (name: string) => (_: Handle, signal: AbortSignal) =>
      untilAborted(signal).finally(() => aborted.push(name));
    const registry = await connectAll(
      { lost: lost.connector({}, clock), slow: slow.connector({ options: { healthCheckTimeout: "20s" } }, clock) },
      { clock },
    );
    [slow.onCheck, lost.onCheck] = [hang("slow"), hang("lost")];
    const drained = gate();
    slow.beforeClose = () => drained.passed;
    lost.told.lost();
    await clock.advance(36_000);
    const checks = slow.checks + lost.checks;
    expect(slow.checks).toBe(1);
    const closing = registry.close({ timeout: 5_000 });
    await settle();
    expect(aborted.toSorted()).toEqual(expect.arrayContaining(["lost", "slow"]));
    lost.told.lost();
    await clock.advance(4_000); // `slow` drains, and the rest waits for it
    expect(slow.checks + lost.checks).toBe(checks);
    expect(lost.live).toBe(1);
    drained.open();
    await closing;
    expect([slow.live, lost.live]).toEqual([0, 0]);
    await clock.advance(120_000);
    expect(slow.checks + lost.checks).toBe(checks);
    expect(clock.pending).toBe(0);
  });

  test("of the supervisor leaves the connectors as they are", async () => {
    const it = await scene();
    it.stop();
    await it.clock.advance(120_000);
    expect(it.connector.state).toBe("ready");
    it.backend.told.lost();
    await it.clock.advance(120_000);
    expect(it.connector.state).toBe("degraded");
    expect(it.checkedAt).toEqual([]);
  });
});

describe("a first connect that fails", () => {
  test("of an optional connector leaves it failed, with the reason, and is tried until it succeeds", async () => {
    const clock = new ManualClock(0);
    const [db, cache] = [new MemoryBackend(), new MemoryBackend()];
    cache.beforeOpen = () => Promise.reject(new Error("connection refused"));
    const registry = await connectAll(
      { db: db.connector({}, clock), cache: cache.connector({ options: { critical: false } }, clock) },
      { clock },
    );
    expect(registry.get("db").isConnected).toBe(true);
    expect(registry.get("cache")).toMatchObject({ state: "failed", critical: false });
    expect(() => registry.get("cache").client).toThrow(
      expect.objectContaining({
        code: "NOT_CONNECTED",
        message: 'connector "cache" (memory) is not connected: it is failed',
        cause: expect.objectContaining({ code: "CONNECT_FAILED" }) as unknown,
      }),
    );
    await clock.advance(5_000);
    expect(cache.names.length).toBeGreaterThan(5);
    cache.beforeOpen = () => undefined;
    await clock.advance(400);
    expect(registry.get("cache")).toMatchObject({ state: "ready", client: cache.opened[0] });
    await registry.close();
    expect([db.live, cache.live, clock.pending]).toEqual([0, 0, 0]);
  });

  test("of an optional connector is among the reasons when a critical one fails as well", async () => {
    const [db, cache] = [new MemoryBackend(), new MemoryBackend()];
    for (const backend of [db, cache]) backend.beforeOpen = () => Promise.reject(new Error("refused"));
    const error = await failureOf(
      connectAll({ db: db.connector(), cache: cache.connector({ options: { critical: false } }) }),
    );
    expect(error).toMatchObject({
      code: "CONNECT_ALL_FAILED",
      details: { failures: [{ name: "db" }, { name: "cache" }] },
    });
  });

  test("is not tried again where autoReconnect is off", async () => {
    const clock = new ManualClock(0);
    const backend = new MemoryBackend();
    backend.beforeOpen = () => Promise.reject(new Error("refused"));
    const options = { critical: false, autoReconnect: false };
    const registry = await connectAll({ cache: backend.connector({ options }, clock) }, { clock });
    await clock.advance(120_000);
    expect(backend.names).toHaveLength(1);
    await registry.close();
  });

  test("goes over to the slow probe after maxReconnectAttempts", async () => {
    const clock = new ManualClock(0);
    const backend = new MemoryBackend();
    backend.beforeOpen = () => Promise.reject(new Error("refused"));
    const connector = backend.connector({ options: { maxReconnectAttempts: 2 } }, clock);
    using _ = supervise([connector], { clock, random });
    await failureOf(connector.connect());
    await clock.advance(10_000);
    expect(backend.names).toHaveLength(3);
    await clock.advance(10_000);
    expect(backend.names).toHaveLength(4);
  });
});

describe("who is looked after", () => {
  test("a registry's later connectors and those of its scopes are, those that left are not", async () => {
    const clock = new ManualClock(0);
    const [first, later, scoped] = [new MemoryBackend(), new MemoryBackend(), new MemoryBackend()];
    const registry = createRegistry({ first: first.connector({}, clock) }, { clock });
    const supervisor = supervise(registry, { clock, random });
    await registry.register("later", later.connector({}, clock)).connect();
    const scope = registry.scope("task-1");
    await scope.connect(scoped.connector({}, clock));
    expect(supervisor.connectors).toEqual(["first", "later", "task-1/memory"]);
    await clock.advance(30_000);
    expect([first.checks, later.checks, scoped.checks]).toEqual([0, 1, 1]);
    const free = registry.release("later");
    await scope.close();
    expect(supervisor.connectors).toEqual(["first"]);
    await clock.advance(60_000);
    expect([later.checks, scoped.checks]).toEqual([1, 1]);
    using again = supervise([free], { clock });
    expect(again.connectors).toEqual(["later"]);
    await registry.close();
    expect(supervisor.connectors).toEqual([]);
  });

  test("one that is looked after cannot be by another", async () => {
    const connector = await new MemoryBackend().connector({ name: "main" }).connect();
    using _ = supervise([connector]);
    expect(() => supervise([connector])).toThrow('supervise: connector "main" has a supervisor already');
    const registry = createRegistry({ main: connector });
    expect(() => supervise(registry)).toThrow('supervise: connector "main" has a supervisor already');
  });

  test.each([undefined, 5, {}, [5], [{}]])("%j is nothing to look after", (target) => {
    expect(() => supervise(target as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("options that cannot be are refused when the connector is made", () => {
    const make = (options: object): unknown => new MemoryBackend().connector({ name: "main", options });
    expect(() => make({ healthCheckInterval: 5, maxReconnectAttempts: 0 })).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTIONS",
        message:
          'connector "main": maxReconnectAttempts must be a whole number of at least 1, or Infinity, got 0; ' +
          'healthCheckInterval must be a duration in ms or as text like "30s" of at least 1000 ms, or "never", got 5',
      }),
    );
  });
});
