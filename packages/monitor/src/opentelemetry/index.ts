import { metrics, trace, type MeterProvider, type TracerProvider } from "@opentelemetry/api";
import { readKeys } from "@pool/core";
import type { Monitor } from "../monitor.js";
import { Attributes } from "./attributes.js";
import { createSpans } from "./create-spans.js";
import { observePools } from "./observe-pools.js";
import { recordTimes } from "./record-times.js";

export interface OpenTelemetryOptions {
  /** @default the global one */
  meterProvider?: MeterProvider;
  /** @default the global one */
  tracerProvider?: TracerProvider;
  /** Whether pools and statements are measured. @default true */
  metrics?: boolean;
  /** Whether acquires and statements get spans. @default true */
  spans?: boolean;
  /** Makes spans only where another one is active, so that work without a trace starts none. @default false */
  requireParent?: boolean;
}

const NAME = "@pool/monitor";

/**
 * Hands a monitor's figures to OpenTelemetry, and makes spans of acquires and statements, until disposed. Names and units are those of the semantic
 * conventions for databases: `db.client.operation.duration` is stable, those of connection pools are in development.
 */
export function exportOpenTelemetry(monitor: Monitor, options: OpenTelemetryOptions = {}): Disposable {
  readKeys("exportOpenTelemetry", options, ["meterProvider", "tracerProvider", "metrics", "spans", "requireParent"]);
  const attributes = new Attributes();
  const parts: Disposable[] = [];
  if (options.metrics !== false) {
    const meter = (options.meterProvider ?? metrics).getMeter(NAME);
    parts.push(observePools(meter, monitor, attributes), recordTimes(meter, attributes));
  }
  if (options.spans !== false) {
    const tracer = (options.tracerProvider ?? trace).getTracer(NAME);
    parts.push(createSpans(tracer, attributes, options.requireParent === true));
  }
  return {
    [Symbol.dispose]: () => {
      for (const part of parts.splice(0)) part[Symbol.dispose]();
    },
  };
}
