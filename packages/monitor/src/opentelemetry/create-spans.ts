import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type HrTime,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { classifyError } from "@pool/core";
import { summariseError } from "../errors/summarise-error.js";
import type { Attributes } from "./attributes.js";
import { onEventSafely, together } from "./guarded.js";

/**
 * Makes a span of each statement, and of each acquire that is asked for by itself or has to wait; both under the span that was active where they were
 * asked for, also when their end is set off by somebody else.
 */
export function createSpans(tracer: Tracer, attributes: Attributes, requireParent: boolean): Disposable {
  const acquires = new WeakMap<object, { readonly startedAt: number; readonly parent: Context }>();
  const wanted = (parent: Context): boolean => !requireParent || trace.getSpan(parent) !== undefined;

  return together([
    onEventSafely("pool:acquire:start", (event) => {
      const parent = context.active();
      if (wanted(parent)) acquires.set(event, { startedAt: performance.now(), parent });
    }),
    onEventSafely("pool:acquire", (event) => {
      const begun = acquires.get(event);
      if (begun === undefined) return;
      const span = tracer.startSpan(
        `acquire ${event.pool}`,
        {
          kind: SpanKind.CLIENT,
          startTime: timeOf(begun.startedAt),
          attributes: {
            "db.system.name": attributes.system(event.pool),
            ...attributes.pool(event.pool),
            ...(event.label !== undefined && { "pool.label": event.label }),
          },
        },
        begun.parent,
      );
      if (event.error !== undefined) fail(span, event.error, attributes);
      span.end(timeOf(performance.now()));
    }),
    // A statement is told in its caller's async context.
    onEventSafely("pool:statement", ({ pool, statement, label, startedAt, durationMs, rowCount, failed, error }) => {
      const parent = context.active();
      if (!wanted(parent)) return;
      const { name, summary, text } = attributes.operation(statement);
      const span = tracer.startSpan(
        summary,
        {
          kind: SpanKind.CLIENT,
          startTime: timeOf(startedAt),
          attributes: {
            "db.system.name": attributes.system(pool),
            "db.operation.name": name,
            "db.query.summary": summary,
            "db.query.text": text,
            ...attributes.pool(pool),
            ...(label !== undefined && { "pool.label": label }),
            ...(rowCount !== undefined && { "db.response.returned_rows": rowCount }),
          },
        },
        parent,
      );
      if (failed) fail(span, error, attributes);
      span.end(timeOf(startedAt + durationMs));
    }),
  ]);
}

function fail(span: Span, error: unknown, attributes: Attributes): void {
  const { message } = summariseError(error, classifyError(error));
  span.setAttribute("error.type", attributes.errorType(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** A time of `performance.now()` as seconds and nanoseconds since the epoch. */
function timeOf(now: number): HrTime {
  const ms = performance.timeOrigin + now;
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
