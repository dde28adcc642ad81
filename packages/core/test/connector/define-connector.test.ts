import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { defineConnector } from "../../src/connector/define-connector.js";
import { moment, traced, type MomentEvents } from "../../src/events.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, gate, MemoryBackend, untilAborted } from "../support/memory-backend.js";

describe("making a connector", () => {
  test("does no I/O", () => {
    const backend = new MemoryBackend();
    const connector = backend.connector();
    expect(backend.names).toEqual([]);
    expect(connector).toMatchObject({
      name: "memory",
      kind: "memory",
      state: "idle",
      isConnected: false,
      key: "memory:1",
      connections: 0,
    });
  });

  test("shows its options frozen and without secrets", () => {
    const connector = new MemoryBackend().connector({
      options: { url: "memory://ann:hush-hush@host/db", password: "hush-hush", pin: "4711", maxSize: 3 },
      secretNames: new Set(["pin"]),
    });
    expect(connector.config).toMatchObject({
      url: "memory://[redacted]@host/db",
      password: "[redacted]",
      pin: "[redacted]",
      maxSize: 3,
    });
    expect(Object.isFrozen(connector.config)).toBe(true);
  });

  test("prints as its name, kind and state and nothing else", async () => {
    const connector = new MemoryBackend().connector({ name: "main", options: { password: "hush-hush" } });
    await connector.connect();
    expect(inspect(connector, { depth: 9, showHidden: true })).toBe(
      "Connector { name: 'main', kind: 'memory', state: 'ready' }",
    );
    expect(JSON.stringify({ connector })).toBe('{"connector":{"name":"main","kind":"memory","state":"ready"}}');
  });

  test.each([
    ["", "must not be empty"],
    ["__proto__", 'must not be "__proto__"'],
    ["a\nb", "control"],
    ["x".repeat(129), "128 characters"],
  ])("refuses the name %j", (name, problem) => {
    const define = (): unknown => new MemoryBackend().connector({ name });
    expect(define).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(problem) as string }),
    );
  });
});

describe("connect", () => {
  test("opens one client, whoever asks and however often", async () => {
    const backend = new MemoryBackend();
    const connector = backend.connector({ name: "main" });
    const results = await Promise.all([connector.connect(), connector.connect(), connector.connect()]);
    await connector.connect();
    expect(results).toEqual([connector, connector, connector]);
    expect(backend.names).toEqual(["main"]);
    expect(connector).toMatchObject({ state: "ready", isConnected: true, connections: 1 });
    expect(connector.client).toBe(backend.opened[0]);
  });

  test("can be tried again after a failure, and says who could not connect and why", async () => {
    const backend = new MemoryBackend();
    const refused = Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
    backend.beforeOpen = () => Promise.reject(refused);
    const connector = backend.connector({ name: "main" });
    const error = await failureOf(connector.connect());
    expect(error).toMatchObject({
      code: "CONNECT_FAILED",
      message: 'connector "main" (memory) could not connect: connection refused',
      cause: refused,
    });
    expect(connector).toMatchObject({ state: "failed", isConnected: false });
    backend.beforeOpen = () => undefined;
    await connector.connect();
    expect(connector.state).toBe("ready");
  });

  test("gives up after connectTimeout, and closes a client that comes later", async () => {
    const clock = new ManualClock();
    const backend = new MemoryBackend();
    const late = gate();
    backend.beforeOpen = () => late.passed;
    const connector = backend.connector({ connectTimeout: 5_000 }, clock);
    const failure = failureOf(connector.connect());
    await clock.advance(5_000);
    expect(await failure).toMatchObject({
      code: "CONNECT_TIMEOUT",
      message: 'connector "memory" (memory) did not connect within 5000 ms',
    });
    expect(connector.state).toBe("failed");
    late.open();
    await settle();
    expect(backend).toMatchObject({ live: 0, mostLive: 1, closeTimeouts: [0] });
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  test("waits at most 30 s by default", async () => {
    const clock = new ManualClock();
    const backend = new MemoryBackend();
    backend.beforeOpen = ({ signal }) => untilAborted(signal);
    const failure = failureOf(backend.connector({}, clock).connect());
    await clock.advance(29_999);
    expect(backend.opened).toEqual([]);
    await clock.advance(1);
    expect(await failure).toMatchObject({ code: "CONNECT_TIMEOUT" });
  });

  test("goes on for the others when one caller gives up, and is aborted when the last one has", async () => {
    const backend = new MemoryBackend();
    let aborted: unknown;
    const opening = gate();
    backend.beforeOpen = ({ signal }) => {
      signal.addEventListener("abort", () => {
        aborted = signal.reason;
      });
      return Promise.race([opening.passed, untilAborted(signal)]);
    };
    const connector = backend.connector();
    const [first, second] = [new AbortController(), new AbortController()];
    const failures = [
      failureOf(connector.connect({ signal: first.signal })),
      failureOf(connector.connect({ signal: second.signal })),
    ];
    first.abort(new Error("first"));
    expect(await failures[0]).toEqual(new Error("first"));
    expect(aborted).toBeUndefined();
    expect(connector.state).toBe("connecting");
    second.abort(new Error("second"));
    expect(await failures[1]).toEqual(new Error("second"));
    expect(aborted).toEqual(new Error("second"));
    expect(connector.state).toBe("failed");
    opening.open();
    await connector.connect();
    expect(backend).toMatchObject({ live: 1, mostLive: 1 });
  });

  test("does nothing for a signal that has aborted already", async () => {
    const backend = new MemoryBackend();
    expect(await failureOf(backend.connector().connect({ signal: AbortSignal.abort("no") }))).toBe("no");
    expect(backend.names).toEqual([]);
  });

  test("passes an adapter's own error on as it is", async () => {
    const backend = new MemoryBackend();
    const { PoolError } = await import("../../src/errors.js");
    const own = new PoolError("UNAVAILABLE", "the database is a directory");
    backend.beforeOpen = () => Promise.reject(own);
    expect(await failureOf(backend.connector().connect())).toBe(own);
  });
});

describe("client", () => {
  test.each(["idle", "closed", "failed"])("throws NOT_CONNECTED naming connector and state while %s", async (state) => {
    const backend = new MemoryBackend();
    const connector = backend.connector({ name: "main" });
    if (state === "closed") await connector.disconnect();
    if (state === "failed") {
      backend.beforeOpen = () => Promise.reject(new Error("no"));
      await failureOf(connector.connect());
    }
    expect(() => connector.client).toThrow(
      expect.objectContaining({
        code: "NOT_CONNECTED",
        message: `connector "main" (memory) is not connected: it is ${state}`,
        details: { connector: "main", kind: "memory", state },
      }),
    );
  });
});

describe("disconnect", () => {
  test("closes the client once, however often it is called", async () => {
    const backend = new MemoryBackend();
    const connector = await backend.connector().connect();
    await Promise.all([connector.disconnect({ timeout: 70 }), connector.disconnect()]);
    await connector.disconnect();
    expect(backend).toMatchObject({ live: 0, closeTimeouts: [70] });
    expect(connector.state).toBe("closed");
  });

  test("lends the client to nobody from the moment it is called", async () => {
    const backend = new MemoryBackend();
    const draining = gate();
    backend.beforeClose = () => draining.passed;
    const connector = await backend.connector().connect();
    const gone = connector.disconnect();
    expect(connector).toMatchObject({ state: "closed", isConnected: false });
    expect(() => connector.client).toThrow(/is not connected/);
    draining.open();
    await gone;
  });

  test.each([
    [{}, 3_000],
    [{ drainTimeout: 200 }, 200],
    [{ options: { drainTimeout: 900 } }, 900],
    [{ options: { drainTimeout: "soon" } }, 3_000],
  ])("drains for as long as %j says when it is not told", async (spec, timeout) => {
    const backend = new MemoryBackend();
    const connector = await backend.connector(spec).connect();
    await connector.disconnect({ timeout: Number.NaN });
    expect(backend.closeTimeouts).toEqual([timeout]);
  });

  test("during a connect calls it off", async () => {
    const backend = new MemoryBackend();
    backend.beforeOpen = ({ signal }) => untilAborted(signal);
    const connector = backend.connector({ name: "main" });
    const failure = failureOf(connector.connect());
    await settle();
    await connector.disconnect();
    expect(backend.names).toEqual(["main"]);
    expect(await failure).toMatchObject({
      code: "NOT_CONNECTED",
      message: 'connector "main" (memory) was disconnected while it was connecting',
    });
    expect(connector.state).toBe("closed");
  });

  test("waits for a client that an open brings although it was called off, and closes it", async () => {
    const backend = new MemoryBackend();
    const opening = gate();
    backend.beforeOpen = () => opening.passed;
    const connector = backend.connector();
    const failure = failureOf(connector.connect());
    await settle();
    const gone = connector.disconnect();
    opening.open();
    await gone;
    expect(await failure).toMatchObject({ code: "NOT_CONNECTED" });
    expect(backend).toMatchObject({ live: 0, mostLive: 1 });
  });

  test("never rejects, and resolves 2 s after its timeout when the backend does not answer", async () => {
    const clock = new ManualClock();
    const backend = new MemoryBackend();
    backend.beforeClose = () => new Promise(() => undefined);
    const connector = await backend.connector({}, clock).connect();
    let gone = false;
    const waiting = connector.disconnect({ timeout: 500 }).then(() => (gone = true));
    await clock.advance(2_499);
    expect(gone).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(clock.pending).toBe(0);
  });

  test("in more of a hurry than an earlier one waits no longer than its own timeout", async () => {
    const clock = new ManualClock();
    const backend = new MemoryBackend();
    backend.beforeClose = () => new Promise(() => undefined);
    const connector = await backend.connector({}, clock).connect();
    const patient = connector.disconnect({ timeout: 60_000 });
    let gone = false;
    void connector.disconnect({ timeout: 100 }).then(() => (gone = true));
    await clock.advance(2_100);
    expect(gone).toBe(true);
    await clock.advance(60_000);
    await patient;
  });

  test("is what leaving a block does", async () => {
    const backend = new MemoryBackend();
    {
      await using connector = await backend.connector().connect();
      expect(connector.isConnected).toBe(true);
    }
    expect(backend.live).toBe(0);
  });
});

describe("starting afresh", () => {
  test("waits for what drains still, also when an attempt was called off meanwhile", async () => {
    const clock = new ManualClock();
    const backend = new MemoryBackend();
    const connector = await backend.connector({}, clock).connect();
    const draining = gate();
    backend.beforeClose = () => draining.passed;
    const gone = connector.disconnect({ timeout: 60_000 });
    const calledOff = failureOf(connector.connect());
    const gone2 = connector.disconnect({ timeout: 60_000 });
    expect(await calledOff).toMatchObject({ code: "NOT_CONNECTED" });
    await clock.advance(10_000);
    const again = connector.connect();
    await settle();
    expect(backend.opened).toHaveLength(1);
    draining.open();
    await Promise.all([gone, gone2, again]);
    expect(backend).toMatchObject({ live: 1, mostLive: 1 });
  });

  test("connects again after a disconnect, once what drains is closed", async () => {
    const backend = new MemoryBackend();
    const connector = await backend.connector().connect();
    const first = connector.client;
    const draining = gate();
    backend.beforeClose = () => draining.passed;
    const gone = connector.disconnect();
    const again = connector.connect();
    await settle();
    expect(backend.opened).toHaveLength(1);
    draining.open();
    await Promise.all([gone, again]);
    expect(connector.client).not.toBe(first);
    expect(backend).toMatchObject({ live: 1, mostLive: 1, closed: [first] });
  });

  test("does not wait for ever for a close that never ends", async () => {
    const clock = new ManualClock();
    const backend = new MemoryBackend();
    backend.beforeClose = () => new Promise(() => undefined);
    const connector = await backend.connector({}, clock).connect();
    void connector.disconnect({ timeout: 500 });
    const again = connector.connect();
    await clock.advance(2_499);
    expect(backend.opened).toHaveLength(1);
    await clock.advance(1);
    await again;
    expect(connector.client).toBe(backend.opened[1]);
  });

  test("restart puts a fresh client behind the same handle and closes the old one", async () => {
    const backend = new MemoryBackend();
    const connector = await backend.connector().connect();
    const first = connector.client;
    expect(await Promise.all([connector.restart({ timeout: 40 }), connector.restart()])).toEqual([
      connector,
      connector,
    ]);
    expect(connector.client).not.toBe(first);
    expect(backend).toMatchObject({ live: 1, mostLive: 1, closed: [first], closeTimeouts: [40] });
  });

  test("restart opens a connector that never was, and one that failed", async () => {
    const backend = new MemoryBackend();
    expect((await backend.connector().restart()).state).toBe("ready");
    const failing = backend.connector();
    backend.beforeOpen = () => Promise.reject(new Error("no"));
    await failureOf(failing.connect());
    backend.beforeOpen = () => undefined;
    expect((await failing.restart()).state).toBe("ready");
  });

  test("a restart that cannot connect leaves nothing open, and the connector failed", async () => {
    const backend = new MemoryBackend();
    const connector = await backend.connector().connect();
    backend.beforeOpen = () => Promise.reject(new Error("gone"));
    expect(await failureOf(connector.restart())).toMatchObject({ code: "CONNECT_FAILED" });
    expect(connector.state).toBe("failed");
    expect(backend.live).toBe(0);
  });

  test("a disconnect calls a restart off", async () => {
    const backend = new MemoryBackend();
    const connector = await backend.connector().connect();
    const draining = gate();
    backend.beforeClose = () => draining.passed;
    const failure = failureOf(connector.restart());
    const gone = connector.disconnect();
    draining.open();
    await gone;
    expect(await failure).toMatchObject({ code: "NOT_CONNECTED" });
    expect(connector.state).toBe("closed");
    expect(backend).toMatchObject({ live: 0, mostLive: 1 });
    expect(backend.names, "opens that were begun").toHaveLength(1);
  });
});

describe("events", () => {
  test("tell every change of state, and a close that went wrong", async () => {
    const seen: MomentEvents["connector:state"][] = [];
    const listener = (event: MomentEvents["connector:state"]): unknown => seen.push(event);
    moment("connector:state").subscribe(listener as never);
    const backend = new MemoryBackend();
    const connector = backend.connector({ name: "main", options: { password: "hush-hush" } });
    backend.beforeOpen = () => Promise.reject(new Error("wrong password hush-hush"));
    await failureOf(connector.connect());
    backend.beforeOpen = () => undefined;
    await connector.connect();
    backend.beforeClose = () => Promise.reject(new Error("cannot log out with hush-hush"));
    await connector.disconnect();
    await connector.disconnect();
    moment("connector:state").unsubscribe(listener as never);
    expect(seen.map(({ connector: who, kind, from, to }) => [who, kind, from, to].join(" "))).toEqual([
      "main memory idle connecting",
      "main memory connecting failed",
      "main memory failed connecting",
      "main memory connecting ready",
      "main memory ready closed",
      "main memory closed closed",
    ]);
    expect(seen[1]?.cause).toMatchObject({ code: "CONNECT_FAILED" });
    expect(seen[5]?.cause).toMatchObject({ message: "cannot log out with [redacted]" });
    expect(inspect(seen, { depth: 9 })).not.toContain("hush-hush");
  });

  test("may call back: a listener that connects again at once gets one client", async () => {
    const backend = new MemoryBackend();
    const connector = backend.connector({ name: "main" });
    const listener = (event: unknown): void => {
      if ((event as MomentEvents["connector:state"]).to !== "closed") return;
      moment("connector:state").unsubscribe(listener);
      void connector.connect();
    };
    await connector.connect();
    moment("connector:state").subscribe(listener);
    await connector.disconnect();
    await connector.connect();
    expect(backend).toMatchObject({ live: 1, mostLive: 1 });
    expect(backend.opened).toHaveLength(2);
  });

  test("may call back: a caller who gives up in the very moment of success changes nothing", async () => {
    const backend = new MemoryBackend();
    const connector = backend.connector({ name: "main" });
    const abort = new AbortController();
    const listener = (event: unknown): void => {
      if ((event as MomentEvents["connector:state"]).to === "ready") abort.abort("late");
    };
    moment("connector:state").subscribe(listener);
    expect(await failureOf(connector.connect({ signal: abort.signal }))).toBe("late");
    moment("connector:state").unsubscribe(listener);
    expect(connector).toMatchObject({ state: "ready", isConnected: true });
    expect(backend.live).toBe(1);
    await connector.disconnect();
    expect(backend.live).toBe(0);
  });

  test("trace connects and health checks with their outcome", async () => {
    const seen: string[] = [];
    const tell = (what: string) => (event: unknown) => {
      const { connector, error } = event as { connector: string; error?: Error };
      seen.push(`${what} ${connector}${error === undefined ? "" : `: ${error.message}`}`);
    };
    const connects = { asyncEnd: tell("connect"), error: tell("connect failed") };
    const checks = { asyncEnd: tell("health"), error: tell("health failed") };
    traced("connector:connect").subscribe(connects as never);
    traced("connector:health").subscribe(checks as never);
    const backend = new MemoryBackend();
    const connector = await backend.connector({ name: "main", options: { password: "hush-hush" } }).connect();
    await connector.healthCheck();
    backend.onCheck = () => Promise.reject(new Error("no hush-hush here"));
    await connector.healthCheck();
    traced("connector:connect").unsubscribe(connects as never);
    traced("connector:health").unsubscribe(checks as never);
    expect(seen).toEqual([
      "connect main",
      "health main",
      "health failed main: no [redacted] here",
      "health main: no [redacted] here",
    ]);
  });
});

test("an adapter's types reach the client", () => {
  const connector = defineConnector({
    kind: "list",
    name: undefined,
    options: {},
    key: "list",
    open: () => Promise.resolve(["a"]),
    close: () => Promise.resolve(),
    check: () => Promise.resolve(undefined),
  });
  // Typed as string[], so this compiles; it is not connected, so it throws.
  expect(() => connector.client.map((item) => item.length)).toThrow(/not connected/);
  // @ts-expect-error it has no such method
  expect(() => String(connector.client.query)).toThrow(/not connected/);
});
