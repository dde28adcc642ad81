import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { defineConnector, PoolError } from "@pool/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { defaultRules, webhook, watch, type AlertRule, type AlertSnapshot } from "../src/index.js";
import { memoryLogger, testMonitor, thingPool } from "./support/watched-pool.js";

function record() {
  const alerts: AlertSnapshot[] = [];
  return { alerts, sink: (alert: AlertSnapshot): void => void alerts.push(alert) };
}

const told = (alerts: readonly AlertSnapshot[]): string[] => alerts.map(({ rule, state }) => `${rule} ${state}`);

test("the default thresholds are the ones that were asked for", () => {
  const of = (name: string) => defaultRules.find((rule) => rule.name === name);
  expect(of("pool-exhausted")).toMatchObject({ metric: "utilisation", above: 0.9, severity: "critical" });
  expect(of("slow-statements")).toMatchObject({
    metric: "slow-statements",
    above: 10,
    window: 60_000,
    severity: "critical",
  });
  expect(of("errors")).toMatchObject({ metric: "error-ratio", above: 0.05, severity: "critical" });
  expect(of("timeouts")).toMatchObject({ metric: "timeouts", above: 100, window: 3_600_000, severity: "critical" });
  expect(of("pool-busy")).toMatchObject({ metric: "utilisation", above: 0.8 });
  expect(of("slow-wait")).toMatchObject({ metric: "wait-max", above: 5_000 });
  expect(of("slow-statement")).toMatchObject({ metric: "statement-max", above: 1_000 });
  expect(of("errors-rising")).toMatchObject({ metric: "error-ratio", above: 0.01 });
});

test("a full pool fires after a while, a busy one warns, and both resolve after a while", async () => {
  const { alerts, sink } = record();
  const { monitor, clock } = testMonitor({ sinks: [sink] });
  const pool = thingPool(clock, { maxSize: 10, leakAfter: "never" });
  const leases = await Promise.all(Array.from({ length: 10 }, () => pool.acquire()));
  await clock.advance(3_000);
  expect(alerts).toEqual([]);
  await clock.advance(4_000);
  expect(told(alerts).toSorted()).toEqual(["pool-busy firing", "pool-exhausted firing"]);
  expect(alerts.find(({ rule }) => rule === "pool-exhausted")).toMatchObject({
    id: "pool-exhausted:main",
    severity: "critical",
    subject: "main",
    subjectKind: "pool",
    message: 'use of pool "main" is 100 %, over 90 %',
    value: 1,
    threshold: 0.9,
    unit: "ratio",
    resolvedAt: null,
  });
  // Between the limit and the one to clear at, nothing changes.
  leases.pop()?.release();
  await clock.advance(30_000);
  expect(monitor.snapshot().alerts.firing).toHaveLength(2);
  for (const lease of leases.splice(0, 5)) lease.release();
  await clock.advance(5_000);
  expect(monitor.snapshot().alerts.firing).toHaveLength(2);
  await clock.advance(10_000);
  expect(told(alerts).slice(2).toSorted()).toEqual(["pool-busy resolved", "pool-exhausted resolved"]);
  expect(monitor.snapshot().alerts).toMatchObject({
    firing: [],
    resolved: [{ state: "resolved", value: 0.4 }, { value: 0.4 }],
  });
  for (const lease of leases) lease.release();
});

test("one that goes to and fro around its limit fires once", async () => {
  const { alerts, sink } = record();
  const rules: AlertRule[] = [{ name: "queue", metric: "waiting", above: 2, clearBelow: 0, clearAfter: "3s" }];
  const { clock } = testMonitor({ sinks: [sink], rules, defaultRules: false });
  const pool = thingPool(clock, { maxSize: 1, leakAfter: "never" });
  const lease = await pool.acquire();
  const wait = (count: number): AbortController[] =>
    Array.from({ length: count }, () => {
      const controller = new AbortController();
      pool.acquire({ signal: controller.signal, timeout: Infinity }).catch(() => undefined);
      return controller;
    });
  for (let round = 0; round < 5; round++) {
    const waiters = wait(3);
    await clock.advance(2_000);
    for (const waiter of waiters) waiter.abort();
    await clock.advance(2_000);
  }
  expect(told(alerts)).toEqual(["queue firing"]);
  await clock.advance(3_000);
  expect(told(alerts)).toEqual(["queue firing", "queue resolved"]);
  lease.release();
});

test("slow statements, failing ones and timeouts fire by their number within the window", async () => {
  const { alerts, sink } = record();
  const { clock } = testMonitor({ sinks: [sink] });
  const pool = thingPool(clock, { maxSize: 2 });
  const lease = await pool.acquire();
  const run = (ms: number, fails = false): Promise<unknown> => {
    const work = async (): Promise<void> => {
      clock.jump(ms);
      if (fails) throw new PoolError("QUERY_TIMEOUT", "late");
    };
    return lease.track("select 1", work).catch(() => undefined);
  };
  for (let n = 0; n < 11; n++) await run(1_001);
  await clock.advance(1_000);
  expect(told(alerts).toSorted()).toEqual(["slow-statement firing", "slow-statements firing"]);
  for (let n = 0; n < 200; n++) await run(0, n % 16 === 0);
  await clock.advance(1_000);
  expect(told(alerts).slice(2).toSorted()).toEqual(["errors firing", "errors-rising firing"]);
  const second = await pool.acquire();
  const waits = Array.from({ length: 101 }, () => pool.acquire({ timeout: 20 }).catch(() => undefined));
  await clock.advance(1_100);
  await Promise.all(waits);
  await clock.advance(1_000);
  expect(told(alerts)).toContain("timeouts firing");
  second.release();
  lease.release();
  alerts.length = 0;
  await clock.advance(200_000);
  expect(told(alerts)).toEqual(
    expect.arrayContaining([
      "slow-statements resolved",
      "slow-statement resolved",
      "errors resolved",
      "errors-rising resolved",
    ]),
  );
  expect(told(alerts)).not.toContain("timeouts resolved");
});

test("few statements say nothing about the share that fails", async () => {
  const { alerts, sink } = record();
  const { clock } = testMonitor({ sinks: [sink] });
  const pool = thingPool(clock);
  await pool.use(async (_, lease) => {
    for (let n = 0; n < 19; n++) await lease.track("x", () => Promise.reject(new Error("no"))).catch(() => undefined);
  });
  await clock.advance(2_000);
  expect(alerts).toEqual([]);
});

test("an alert of a pool that is gone resolves", async () => {
  const { alerts, sink } = record();
  const rules: AlertRule[] = [{ name: "any", metric: "utilisation", above: 0, pools: ["main"] }];
  const { clock } = testMonitor({ sinks: [sink], rules, defaultRules: false });
  const [pool, other] = [thingPool(clock, { drainTimeout: 0 }), thingPool(clock, { name: "other" })];
  const [lease, elsewhere] = [await pool.acquire(), await other.acquire()];
  await clock.advance(1_000);
  expect(told(alerts)).toEqual(["any firing"]);
  const closed = pool.close();
  await clock.advance(3_000);
  await closed;
  expect(told(alerts)).toEqual(["any firing", "any resolved"]);
  lease.release();
  elsewhere.release();
});

test.each<[string, unknown, string]>([
  ["an unknown field", { name: "a", metric: "waiting", above: 1, treshold: 2 }, 'unknown option "treshold"'],
  ["an unknown metric", { name: "a", metric: "weight", above: 1 }, "metric must be one of"],
  ["no limit", { name: "a", metric: "waiting" }, "above is required"],
  ["a limit that is no number", { name: "a", metric: "waiting", above: "1" }, "above must be a number"],
  ["a window that is too long", { name: "a", metric: "timeouts", above: 1, window: "2h" }, "window must be"],
  [
    "a limit to clear at above the other",
    { name: "a", metric: "waiting", above: 1, clearBelow: 2 },
    "clearBelow (2) must be at most above (1)",
  ],
  ["no rule at all", 5, "rules must be a list of alert rules"],
  ["null", null, "options must be an object, got null"],
  ["an empty list of pools", { name: "a", metric: "waiting", above: 1, pools: [] }, "pools must be a list of names"],
])("refuses a rule with %s", (_, rule, message) => {
  expect(() => watch({ rules: [rule as AlertRule] })).toThrow(message);
});

test("a rule takes the place of a default of its name, and may come from JSON", async () => {
  const { alerts, sink } = record();
  const rules = JSON.parse('[{"name":"leak","metric":"open-leaks","above":5,"for":"1s"}]') as AlertRule[];
  const { clock } = testMonitor({ sinks: [sink], rules });
  const pool = thingPool(clock, { leakAfter: 1_000 });
  const lease = await pool.acquire();
  await clock.advance(10_000);
  expect(alerts).toEqual([]);
  lease.release();
  expect(() => watch({ rules: [...rules, ...rules] })).toThrow("two of them have one name");
});

test("a connector that fails raises an alert until it is ready again", async () => {
  const { alerts, sink } = record();
  const { lines, logger } = memoryLogger();
  const { monitor } = testMonitor({ sinks: [sink], logger });
  let broken = true;
  const connector = defineConnector({
    kind: "fake",
    name: "orders",
    options: {},
    key: "fake",
    open: async () => {
      if (broken) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      return {};
    },
    close: async () => undefined,
    check: async () => undefined,
  });
  await expect(connector.connect()).rejects.toThrow("refused");
  expect(alerts).toMatchObject([
    { id: "connector-failed:orders", state: "firing", subjectKind: "connector", severity: "critical" },
  ]);
  expect(monitor.snapshot().connectors).toMatchObject([
    {
      name: "orders",
      state: "failed",
      isConnected: false,
      history: [{ from: "connecting", to: "failed", cause: { class: "connection" } }, {}],
    },
  ]);
  broken = false;
  await connector.connect();
  await connector.healthCheck();
  expect(told(alerts)).toEqual(["connector-failed firing", "connector-failed resolved"]);
  expect(monitor.snapshot().connectors).toMatchObject([
    { state: "ready", isConnected: true, health: { healthy: true, error: null } },
  ]);
  expect(lines.map(({ message }) => message)).toContain('connector "orders" (fake) is ready');
  await connector.disconnect();
});

/** A server that answers as told, and keeps what it was sent. */
async function receiver(answers: (number | "hang" | "cut")[]) {
  const requests: { readonly body: AlertSnapshot; readonly headers: IncomingMessage["headers"] }[] = [];
  const server: Server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      requests.push({ body: JSON.parse(body) as AlertSnapshot, headers: request.headers });
      const answer = answers.shift() ?? 200;
      if (answer === "cut") request.socket.destroy();
      else if (answer !== "hang") response.writeHead(answer, { location: "/elsewhere" }).end();
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=hidden` };
}

const alert: AlertSnapshot = {
  id: "errors:main",
  rule: "errors",
  severity: "critical",
  state: "firing",
  subject: "main",
  subjectKind: "pool",
  message: "many",
  value: 1,
  threshold: 0,
  unit: "count",
  firedAt: 1,
  resolvedAt: null,
};
const context = { signal: new AbortController().signal };

test("a webhook posts the alert, and tries again what may pass", { timeout: 30_000 }, async () => {
  const { requests, url } = await receiver([503, "cut", "hang", 200]);
  await webhook({ url, headers: { authorization: "Bearer x" }, timeout: 400 })(alert, context);
  expect(requests).toHaveLength(4);
  expect(requests[0]?.headers).toMatchObject({ "content-type": "application/json", authorization: "Bearer x" });
  expect(requests.map(({ body }) => body)).toEqual([alert, alert, alert, alert]);
});

test("a webhook gives up in the end, and at once where another try is of no use; its error shows no address", async () => {
  const { requests, url } = await receiver([404, 302, 500, 500]);
  const failure = async (retries: number): Promise<string> =>
    await Promise.resolve(webhook({ url, retries })(alert, context)).then(String, String);
  expect(await failure(3)).toBe("Error: webhook: answered with 404, after 1 tries");
  expect(await failure(3)).toBe("Error: webhook: answered with 302, after 1 tries");
  expect(await failure(1)).toBe("Error: webhook: answered with 500, after 2 tries");
  expect(requests).toHaveLength(4);
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const gone = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/?key=hidden`;
  closed.close();
  await once(closed, "close");
  const nobody = await Promise.resolve(webhook({ url: gone, retries: 0 })(alert, context)).then(String, String);
  expect(nobody).toBe("Error: webhook: no answer (ECONNREFUSED), after 1 tries");
});

test.each<[string, object]>([
  ["no address", {}],
  ["another protocol", { url: "file:///etc/passwd" }],
  ["no address at all", { url: "hidden" }],
  ["unknown options", { url: "http://localhost", retry: 3 }],
  ["headers that are none", { url: "http://localhost", headers: { a: 1 } }],
])("a webhook refuses %s, and does not show it", (_, options) => {
  const refused = (): unknown => webhook(options as never);
  expect(refused).toThrow(/^webhook: /);
  expect(refused).not.toThrow(/hidden|passwd/);
});

test("sinks that throw, reject or hang keep nobody else waiting, and are told to the log", async () => {
  const { alerts, sink } = record();
  const { lines, logger } = memoryLogger();
  const hanging = vi.fn(() => new Promise(() => undefined));
  const throwing = (): never => {
    throw new Error("sink broke");
  };
  const rules: AlertRule[] = [{ name: "any", metric: "utilisation", above: 0, clearAfter: 0 }];
  const { monitor, clock } = testMonitor({
    sinks: [throwing, () => Promise.reject(new Error("sink rejected")), hanging, sink],
    sinkTimeout: "5s",
    logger,
    rules,
    defaultRules: false,
  });
  const pool = thingPool(clock);
  for (let round = 0; round < 3; round++) {
    const lease = await pool.acquire();
    await clock.advance(1_000);
    lease.release();
    await clock.advance(1_000);
  }
  expect(alerts).toHaveLength(6);
  expect(hanging).toHaveBeenCalledTimes(2);
  await clock.advance(60_000);
  expect(hanging).toHaveBeenCalledTimes(6);
  const failures = lines.filter(({ fields }) => fields.event === "alert-undelivered");
  expect(failures).toHaveLength(18);
  expect(JSON.stringify(failures)).toContain("the sink took longer than 5000 ms");
  monitor[Symbol.dispose]();
  expect(clock.pending).toBe(1); // the pool's own sweep
});
