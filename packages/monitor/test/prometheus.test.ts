import { spawn } from "node:child_process";
import { once } from "node:events";
import { Registry } from "prom-client";
import { defineConnector } from "@pool/core";
import { expect, onTestFinished, test } from "vitest";
import { exposeMetrics } from "@pool/monitor/prometheus";
import type { Monitor } from "../src/index.js";
import type { ManualClock } from "./support/manual-clock.js";
import { testMonitor, thingPool } from "./support/watched-pool.js";

/** Two pools with some of everything behind them. */
async function busy(): Promise<{ readonly monitor: Monitor; readonly clock: ManualClock }> {
  const { monitor, clock } = testMonitor();
  const main = thingPool(clock, { maxSize: 2, acquireTimeout: 100, leakAfter: 2_000 });
  const other = thingPool(clock, { name: 'odd "name"\\\n', minIdle: 1, maxIdle: 3 });
  const lease = await main.acquire();
  await lease.track("select 1", async () => clock.jump(5));
  await lease.track("select 1", async () => clock.jump(5.1));
  await lease.track("select 1", () => Promise.reject(new Error("no"))).catch(() => undefined);
  const second = await main.acquire();
  const late = main.acquire().catch(() => undefined);
  await clock.advance(200);
  await late;
  second.destroy();
  await clock.advance(3_000);
  await other.use(() => clock.jump(250));
  const connector = await defineConnector({
    kind: "fake",
    name: "db",
    options: {},
    key: "k",
    open: async () => ({}),
    close: async () => undefined,
    check: async () => undefined,
    connections: () => 3,
    gauges: () => ({ inFlight: 7 }),
  }).connect();
  onTestFinished(() => connector.disconnect());
  return { monitor, clock };
}

async function scrape(monitor: Monitor): Promise<string> {
  const registry = new Registry();
  using _ = exposeMetrics(monitor, { registry });
  return await registry.metrics();
}

test("are valid by promtool's rules: names, units, types, help and labels", async () => {
  const { monitor } = await busy();
  const child = spawn("promtool", ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (chunk) => (said += String(chunk)));
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  child.stdin.end(await scrape(monitor));
  const [code] = (await once(child, "close")) as [number];
  expect(said).toBe("");
  expect(code).toBe(0);
});

test("tell pools apart by name, with the field's own names and units", async () => {
  const { monitor } = await busy();
  const lines = (await scrape(monitor)).split("\n");
  const main = 'db_client_connection_pool_name="main"';
  for (const line of [
    `db_client_connections{${main},db_client_connection_state="used"} 1`,
    `db_client_connection_max{${main}} 2`,
    `db_client_connection_pending_requests{${main}} 0`,
    `db_client_connection_timeouts_total{${main}} 1`,
    `db_client_connection_open_leaks{${main}} 1`,
    `db_client_connection_closed_total{${main},reason="destroyed"} 1`,
    `db_client_operation_errors_total{${main},error_class="unknown"} 1`,
    'db_client_connection_idle_min{db_client_connection_pool_name="odd \\"name\\"\\\\\\n"} 1',
    'db_client_connection_use_time_seconds_bucket{db_client_connection_pool_name="odd \\"name\\"\\\\\\n",le="0.25"} 1',
    'pool_connector_up{connector="db",kind="fake"} 1',
    'pool_connector_connections{connector="db",kind="fake"} 3',
    'pool_connector_reading{connector="db",kind="fake",name="inFlight"} 7',
    'pool_alert_firing{rule="leak",severity="warning",subject="main"} 1',
  ])
    expect(lines).toContain(line);
});

test("histograms are cumulative, exact at their bounds, and add up", async () => {
  const { monitor } = await busy();
  const text = await scrape(monitor);
  const value = (name: string, rest = ""): number =>
    Number(new RegExp(`^${name}{db_client_connection_pool_name="main"${rest}} (.+)$`, "m").exec(text)?.[1]);
  const bucket = (le: string): number => value("db_client_operation_duration_seconds_bucket", `,le="${le}"`);
  expect([bucket("0.0025"), bucket("0.005"), bucket("0.01"), bucket("\\+Inf")]).toEqual([1, 2, 3, 3]);
  expect(value("db_client_operation_duration_seconds_count")).toBe(3);
  expect(value("db_client_operation_duration_seconds_sum")).toBeCloseTo(0.0101, 9);
});

test("counters only grow, also when a pool closes; its gauges go", async () => {
  const { monitor, clock } = testMonitor();
  const pool = thingPool(clock);
  await pool.use(() => undefined);
  const closing = pool.close();
  await clock.advance(2_000);
  await closing;
  const text = await scrape(monitor);
  expect(text).toContain('db_client_connection_acquired_total{db_client_connection_pool_name="main"} 1');
  expect(text).not.toContain('db_client_connection_max{db_client_connection_pool_name="main"}');
});

test("leave a registry as they found it, and do not come twice into one", async () => {
  const { monitor } = testMonitor();
  const registry = new Registry();
  {
    using _ = exposeMetrics(monitor, { registry });
    expect(() => exposeMetrics(monitor, { registry })).toThrow("has already been registered");
    expect(registry.getMetricsAsArray().length).toBeGreaterThan(20);
  }
  expect(registry.getMetricsAsArray()).toEqual([]);
  expect(await registry.metrics()).toBe("\n");
});

test("can be had in OpenMetrics format as well", async () => {
  const { monitor } = await busy();
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  using _ = exposeMetrics(monitor, { registry });
  const text = await registry.metrics();
  expect(text).toContain('db_client_connection_timeouts_total{db_client_connection_pool_name="main"} 1');
  expect(text).toContain("# TYPE db_client_connection_timeouts counter");
  expect(text.endsWith("# EOF\n")).toBe(true);
});
