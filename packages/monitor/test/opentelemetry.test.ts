import { context, SpanStatusCode, trace, type TracerProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { channel } from "node:diagnostics_channel";
import { createPool, eventChannels, PoolError, trackStatement, type Pool } from "@pool/core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { exportOpenTelemetry } from "@pool/monitor/opentelemetry";
import { watch } from "../src/index.js";
import { ManualClock } from "./support/manual-clock.js";
import { testMonitor } from "./support/watched-pool.js";

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

function realPool(name: string, maxSize = 2): Pool<object> {
  const pool = createPool({ kind: "postgres", create: async () => ({}), close: () => undefined }, { name, maxSize });
  onTestFinished(() => pool.close({ timeout: 0 }));
  return pool;
}

function tracing() {
  const exporter = new InMemorySpanExporter();
  const tracerProvider: TracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  return { tracerProvider, tracer: tracerProvider.getTracer("test"), spans: () => exporter.getFinishedSpans() };
}

async function metricsOf(collect: (provider: MeterProvider) => Promise<void>): Promise<ResourceMetrics> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  await collect(provider);
  await provider.forceFlush();
  const [metrics] = exporter.getMetrics();
  await provider.shutdown();
  if (metrics === undefined) throw new Error("no metrics");
  return metrics;
}

test("measures by the names, units and attributes of the semantic conventions, each pool apart", async () => {
  using monitor = watch({ traceId: () => undefined });
  const { scopeMetrics } = await metricsOf(async (meterProvider) => {
    using _ = exportOpenTelemetry(monitor, { meterProvider, spans: false });
    const [one, other] = [realPool("one"), realPool("other", 1)];
    await one.use((_resource, lease) => lease.track("select * from cart where id = 7", async () => ({ rowCount: 1 })));
    const lease = await other.acquire();
    await expect(other.acquire({ timeout: 10 })).rejects.toThrow(PoolError);
    await trackStatement("line", "GET", undefined, () =>
      Promise.reject(new PoolError("COMMAND_TIMEOUT", "late")),
    ).catch(() => undefined);
    await meterProvider.forceFlush();
    lease.release();
  });
  const metrics = new Map(
    scopeMetrics.flatMap((scope) => scope.metrics).map((metric) => [metric.descriptor.name, metric]),
  );
  const points = (name: string) =>
    (metrics.get(name)?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value] as const);
  const pool = (name: string, more: object = {}) => ({ "db.client.connection.pool.name": name, ...more });

  expect([...metrics].map(([name, { descriptor }]) => `${name} ${descriptor.unit}`).toSorted()).toEqual([
    "db.client.connection.count {connection}",
    "db.client.connection.create_time s",
    "db.client.connection.idle.max {connection}",
    "db.client.connection.idle.min {connection}",
    "db.client.connection.max {connection}",
    "db.client.connection.pending_requests {request}",
    "db.client.connection.timeouts {timeout}",
    "db.client.connection.use_time s",
    "db.client.connection.wait_time s",
    "db.client.operation.duration s",
    "pool.acquire.refused {request}",
    "pool.lease.leaks {lease}",
  ]);
  expect(points("db.client.connection.count")).toEqual(
    expect.arrayContaining([
      [pool("one", { "db.client.connection.state": "idle" }), 1],
      [pool("other", { "db.client.connection.state": "used" }), 1],
    ]),
  );
  expect(points("db.client.connection.max")).toEqual([
    [pool("one"), 2],
    [pool("other"), 1],
  ]);
  expect(points("db.client.connection.timeouts")).toEqual(
    expect.arrayContaining([
      [pool("one"), 0],
      [pool("other"), 1],
    ]),
  );
  expect(
    points("db.client.connection.wait_time").map(([attributes, value]) => [
      attributes,
      (value as { count: number }).count,
    ]),
  ).toEqual([
    [pool("one"), 1],
    [pool("other"), 1],
  ]);
  expect(points("db.client.operation.duration").map(([attributes]) => attributes)).toEqual([
    { "db.system.name": "postgresql", "db.operation.name": "SELECT", ...pool("one") },
    { "db.system.name": "other", "db.operation.name": "GET", ...pool("line"), "error.type": "COMMAND_TIMEOUT" },
  ]);
});

test("every statement and acquire has a span under the one that was active where it was asked for, side by side and queued", async () => {
  using monitor = watch();
  const { tracerProvider, tracer, spans } = tracing();
  using _ = exportOpenTelemetry(monitor, { tracerProvider, metrics: false });
  const pool = realPool("main", 3);
  const request = async (name: string): Promise<void> => {
    await tracer.startActiveSpan(name, async (span) => {
      // More callers than connections: most are served by the return of another one's.
      const lease = await pool.acquire({ label: name });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      await lease.track(
        `select * from "${name}" where id = 7`,
        () => new Promise((resolve) => setTimeout(resolve, Math.random() * 4)),
      );
      await trackStatement(
        "line",
        name.toUpperCase(),
        undefined,
        () => new Promise((resolve) => setImmediate(resolve)),
      );
      lease.release();
      span.end();
    });
  };
  await Promise.all(Array.from({ length: 40 }, (_item, n) => request(`request${n}`)));
  const all = spans();
  const byId = new Map(all.map((span) => [span.spanContext().spanId, span]));
  const parentOf = (span: ReadableSpan): string | undefined => byId.get(span.parentSpanContext?.spanId ?? "")?.name;
  for (let n = 0; n < 40; n++) {
    const name = `request${n}`;
    const children = all.filter((span) => parentOf(span) === name);
    expect(children.map((span) => span.name)).toEqual(["acquire main", `SELECT "${name}"`, name.toUpperCase()]);
    expect(children[0]?.attributes["pool.label"]).toBe(name);
    const root = all.find((span) => span.name === name);
    for (const child of children) {
      expect(child.spanContext().traceId).toBe(root?.spanContext().traceId);
      expect(ms(child.startTime)).toBeGreaterThanOrEqual(ms(root?.startTime) - 5);
      expect(ms(child.endTime)).toBeLessThanOrEqual(ms(root?.endTime) + 5);
    }
  }
  const statement = all.find((span) => span.name === 'SELECT "request3"');
  expect(statement).toMatchObject({
    kind: 2,
    attributes: {
      "db.system.name": "postgresql",
      "db.operation.name": "SELECT",
      "db.query.summary": 'SELECT "request3"',
      "db.query.text": 'select * from "request3" where id = ?',
      "db.client.connection.pool.name": "main",
    },
  });
});

function ms(time: readonly [number, number] | undefined): number {
  return (time?.[0] ?? 0) * 1_000 + (time?.[1] ?? 0) / 1e6;
}

test("a failure is on its span, without a value of its statement", async () => {
  using monitor = watch();
  const { tracerProvider, spans } = tracing();
  using _ = exportOpenTelemetry(monitor, { tracerProvider, metrics: false });
  const pool = realPool("main", 1);
  const broken = Object.assign(new Error('invalid input: "secret"'), { code: "22P02" });
  await expect(
    pool.use((_resource, lease) => lease.track("select 'secret'", () => Promise.reject(broken))),
  ).rejects.toBe(broken);
  const lease = await pool.acquire();
  await expect(pool.acquire({ timeout: 5 })).rejects.toThrow(PoolError);
  lease.release();
  const failed: readonly number[] = [SpanStatusCode.ERROR];
  expect(spans().filter(({ status }) => failed.includes(status.code))).toMatchObject([
    { name: "SELECT", status: { message: "invalid input: ?" }, attributes: { "error.type": "22P02" } },
    { name: "acquire main", attributes: { "error.type": "ACQUIRE_TIMEOUT" } },
  ]);
  expect(JSON.stringify(spans().map(({ name, attributes, status }) => ({ name, attributes, status })))).not.toContain(
    "secret",
  );
});

test("without a parent there is no span, where that is asked for", async () => {
  using monitor = watch();
  const { tracerProvider, tracer, spans } = tracing();
  using _ = exportOpenTelemetry(monitor, { tracerProvider, metrics: false, requireParent: true });
  const pool = realPool("main");
  const run = (): Promise<unknown> => pool.use((_resource, lease) => lease.track("select 1", async () => undefined));
  await run();
  expect(spans()).toEqual([]);
  await tracer.startActiveSpan("parent", async (span) => {
    await run();
    span.end();
  });
  expect(spans().map(({ name }) => name)).toEqual(["acquire main", "SELECT", "parent"]);
});

test("leaks and slow statements name the trace of OpenTelemetry's active span by themselves", async () => {
  using monitor = watch({ logAfter: 1 });
  const { tracer } = tracing();
  const pool = realPool("main");
  let traceId = "";
  const lease = await pool.acquire();
  await tracer.startActiveSpan("request", async (span) => {
    traceId = span.spanContext().traceId;
    // Its API is looked for when the monitor is installed.
    for (let tries = 0; tries < 200 && monitor.snapshot().pools[0]?.holders[0]?.traceId !== traceId; tries++)
      await lease.track("select 1", () => new Promise((resolve) => setTimeout(resolve, 5)));
    span.end();
  });
  expect(monitor.snapshot().pools[0]?.holders).toMatchObject([{ traceId }]);
  expect(monitor.snapshot().slowStatements[0]).toMatchObject({ traceId });
  lease.release();
  expect(trace.getActiveSpan()).toBeUndefined();
});

test("the async context of statements is asked for only while OpenTelemetry has a context manager", async () => {
  const heard = (): boolean => channel("pool:statement").hasSubscribers;
  context.disable();
  const clock = new ManualClock();
  using monitor = watch({ clock });
  await clock.advance(2_000);
  expect([heard(), channel("pool:statement:anywhere").hasSubscribers]).toEqual([false, true]);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await clock.advance(1_000);
  expect([heard(), channel("pool:statement:anywhere").hasSubscribers]).toEqual([true, false]);
  context.disable();
  await clock.advance(1_000);
  expect(heard()).toBe(false);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await clock.advance(1_000);
  expect(heard()).toBe(true);
  monitor[Symbol.dispose]();
  expect(heard()).toBe(false);
});

test("leaves no listener behind, refuses what it does not know, and an SDK that throws disturbs nobody", async () => {
  const { monitor } = testMonitor();
  monitor[Symbol.dispose]();
  const throwing = (): never => {
    throw new Error("broken SDK");
  };
  const tracerProvider = { getTracer: () => ({ startSpan: throwing, startActiveSpan: throwing }) };
  {
    using _ = exportOpenTelemetry(monitor, { tracerProvider, metrics: false });
    const pool = realPool("main");
    await expect(pool.use((_resource, lease) => lease.track("select 1", async () => 7))).resolves.toBe(7);
  }
  expect(eventChannels().filter((name) => channel(name).hasSubscribers)).toEqual([]);
  expect(() => exportOpenTelemetry(monitor, { span: true } as never)).toThrow('takes no option "span"');
});
