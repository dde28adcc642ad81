import { expect, test } from "vitest";
import { ManualClock, settle } from "../support/manual-clock.js";
import { failureOf, gate, MemoryBackend, untilAborted } from "../support/memory-backend.js";

test("resolves with how long the round trip took and what the backend adds", async () => {
  const clock = new ManualClock();
  const backend = new MemoryBackend();
  const answer = gate();
  backend.onCheck = async () => {
    await answer.passed;
    return { wal: 4_096 };
  };
  const connector = await backend.connector({}, clock).connect();
  const before = Date.now();
  const health = connector.healthCheck();
  await clock.advance(30);
  answer.open();
  expect(await health).toMatchObject({ healthy: true, latencyMs: 30, details: { wal: 4_096 } });
  expect((await health).checkedAt).toBeGreaterThanOrEqual(before);
  expect(clock.pending).toBe(0);
});

test("resolves unhealthy, without asking, while the connector is not connected", async () => {
  const backend = new MemoryBackend();
  const health = await backend.connector({ name: "main" }).healthCheck();
  expect(health).toMatchObject({ healthy: false, latencyMs: 0, error: { code: "NOT_CONNECTED" } });
  expect(backend.checks).toBe(0);
});

test("resolves unhealthy with the backend's reason, which degrades the connector until a check passes", async () => {
  const backend = new MemoryBackend();
  const connector = await backend.connector().connect();
  const reason = new Error("read only file system");
  backend.onCheck = () => Promise.reject(reason);
  expect(await connector.healthCheck()).toMatchObject({ healthy: false, error: reason });
  expect(connector).toMatchObject({ state: "degraded", isConnected: false, client: backend.opened[0] });
  backend.onCheck = () => undefined;
  expect(await connector.healthCheck()).toMatchObject({ healthy: true });
  expect(connector.state).toBe("ready");
});

test.each([
  [undefined, 1_000],
  [250, 250],
])("with a timeout of %s resolves within %d ms, and aborts the check", async (timeout, limit) => {
  const clock = new ManualClock();
  const backend = new MemoryBackend();
  let aborted = false;
  backend.onCheck = (_, signal) => untilAborted(signal).finally(() => (aborted = true));
  const connector = await backend.connector({ name: "main" }, clock).connect();
  const health = connector.healthCheck(timeout === undefined ? {} : { timeout });
  await clock.advance(limit);
  expect(await health).toMatchObject({
    healthy: false,
    latencyMs: limit,
    error: {
      code: "UNAVAILABLE",
      message: `connector "main" (memory) did not answer its health check within ${String(limit)} ms`,
    },
  });
  await settle();
  expect(aborted).toBe(true);
});

test("rejects with the signal's reason, and with nothing else", async () => {
  const backend = new MemoryBackend();
  backend.onCheck = (_, signal) => untilAborted(signal);
  const connector = await backend.connector().connect();
  const abort = new AbortController();
  const failure = failureOf(connector.healthCheck({ signal: abort.signal }));
  abort.abort(new Error("shutting down"));
  expect(await failure).toEqual(new Error("shutting down"));
});

test("asks the backend once for callers at the same time, each with a limit of its own", async () => {
  const clock = new ManualClock();
  const backend = new MemoryBackend();
  const answer = gate();
  backend.onCheck = () => answer.passed;
  const connector = await backend.connector({}, clock).connect();
  const hasty = connector.healthCheck({ timeout: 10 });
  const patient = Promise.all(Array.from({ length: 50 }, () => connector.healthCheck({ timeout: 500 })));
  await clock.advance(10);
  expect(await hasty).toMatchObject({ healthy: false });
  expect(connector.state).toBe("ready"); // its caller had no patience, which says nothing of the backend
  answer.open();
  expect((await patient).every(({ healthy }) => healthy)).toBe(true);
  expect(backend.checks).toBe(1);
});

test("asks afresh after a check that was given up", async () => {
  const clock = new ManualClock();
  const backend = new MemoryBackend();
  backend.onCheck = () => new Promise(() => undefined);
  const connector = await backend.connector({}, clock).connect();
  const first = connector.healthCheck();
  await clock.advance(1_000);
  expect(await first).toMatchObject({ healthy: false });
  backend.onCheck = () => undefined;
  expect(await connector.healthCheck()).toMatchObject({ healthy: true });
});

test("is called off by a disconnect: the client is going", async () => {
  const backend = new MemoryBackend();
  backend.onCheck = () => new Promise(() => undefined);
  const connector = await backend.connector().connect();
  const health = connector.healthCheck({ timeout: Infinity });
  await connector.disconnect();
  expect(await health).toMatchObject({ healthy: false, error: { code: "NOT_CONNECTED" } });
});

test.each([-1, Number.NaN, "1s"])("refuses a timeout of %j", async (timeout) => {
  const connector = await new MemoryBackend().connector({ name: "main" }).connect();
  const failure = await failureOf(connector.healthCheck({ timeout: timeout as number }));
  expect(failure).toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("timeout must be a number of ms, at least 0") as string,
  });
});
