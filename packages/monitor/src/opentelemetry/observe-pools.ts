import type { BatchObservableCallback, Meter } from "@opentelemetry/api";
import type { Monitor } from "../monitor.js";
import type { Attributes } from "./attributes.js";

/** Has the pools looked at whenever metrics are collected. */
export function observePools(meter: Meter, monitor: Monitor, attributes: Attributes): Disposable {
  const upDown = (name: string, description: string, unit: string) =>
    meter.createObservableUpDownCounter(`db.client.connection.${name}`, { description, unit });
  const count = upDown(
    "count",
    "The number of connections that are currently in the state of the attribute.",
    "{connection}",
  );
  const max = upDown("max", "The maximum number of open connections allowed.", "{connection}");
  const idleMax = upDown("idle.max", "The maximum number of idle open connections allowed.", "{connection}");
  const idleMin = upDown("idle.min", "The minimum number of idle open connections allowed.", "{connection}");
  const pending = upDown(
    "pending_requests",
    "The number of current pending requests for an open connection.",
    "{request}",
  );
  const timeouts = meter.createObservableCounter("db.client.connection.timeouts", {
    description: "The number of connection timeouts that have occurred trying to obtain a connection from the pool.",
    unit: "{timeout}",
  });
  const closed = meter.createObservableCounter("pool.connection.closed", {
    description: "The number of connections that were closed, by reason.",
    unit: "{connection}",
  });
  const refused = meter.createObservableCounter("pool.acquire.refused", {
    description: "The number of callers that were turned away.",
    unit: "{request}",
  });
  const leaks = meter.createObservableUpDownCounter("pool.lease.leaks", {
    description: "The number of leases that are held for too long.",
    unit: "{lease}",
  });
  const instruments = [count, max, idleMax, idleMin, pending, timeouts, closed, refused, leaks];

  const observe: BatchObservableCallback = (result) => {
    for (const { name, stats, counts, closedBy, openLeaks } of monitor.measure().pools) {
      const pool = attributes.pool(name);
      result.observe(timeouts, counts.timeouts, pool);
      result.observe(refused, counts.refused, pool);
      for (const [reason, number] of Object.entries(closedBy))
        if (number > 0) result.observe(closed, number, { ...pool, "pool.close.reason": reason });
      if (stats === undefined) continue;
      result.observe(count, stats.leased, { ...pool, "db.client.connection.state": "used" });
      result.observe(count, stats.idle, { ...pool, "db.client.connection.state": "idle" });
      result.observe(max, stats.maxSize, pool);
      result.observe(idleMax, stats.maxIdle, pool);
      result.observe(idleMin, stats.minIdle, pool);
      result.observe(pending, stats.waiting, pool);
      result.observe(leaks, openLeaks, pool);
    }
  };
  meter.addBatchObservableCallback(observe, instruments);
  return { [Symbol.dispose]: () => meter.removeBatchObservableCallback(observe, instruments) };
}
