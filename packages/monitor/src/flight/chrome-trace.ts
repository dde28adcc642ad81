import { maskStatement, type EventOf, type Holder } from "@pool/core";
import type { Classifier } from "../errors/classifier.js";
import { summariseError } from "../errors/summarise-error.js";
import type { RecordedEvent } from "./flight-recorder.js";
import { TraceRows, type TraceEvent } from "./trace-rows.js";

/** What Chrome's trace viewer (`chrome://tracing`) and Perfetto open: the JSON object form of the trace event format. */
export interface ChromeTrace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: "ms";
  readonly otherData: { readonly reason: string; readonly takenAt: string; readonly pid: number };
}

export interface TraceOptions {
  readonly reason: string;
  /** On the clock of the events, in ms. */
  readonly now: number;
  /** The same in ms since the epoch. */
  readonly at: number;
  readonly classifier: Classifier;
}

/**
 * The recorded events as a trace: a process for each pool, a row for each of its resources, with leases and the statements in them; waits above
 * them, and timeouts, leaks and closes as marks. Statements have their literals replaced.
 */
export function chromeTrace(events: readonly RecordedEvent[], options: TraceOptions): ChromeTrace {
  const rows = new TraceRows();
  const failureOf = (pool: string, error: unknown) => summariseError(error, options.classifier.classify(pool, error));
  for (const { name, event } of events) {
    if (name === "pool:lease" || name === "pool:release") rows.knowLease(event.pool, event.leaseId, event.resourceId);
  }
  const open = new Map<string, { readonly at: number; readonly event: EventOf<"pool:lease"> }>();
  for (const { name, at, event } of events) {
    switch (name) {
      case "pool:lease":
        open.set(`${event.pool} ${String(event.leaseId)}`, { at, event });
        if (event.waitedMs > 0) rows.span(event.pool, `wait ${nameOf(event)}`, at - event.waitedMs, at, event.leaseId);
        break;
      case "pool:release": {
        const key = `${event.pool} ${String(event.leaseId)}`;
        const from = open.get(key)?.at ?? at - event.heldMs;
        open.delete(key);
        const { heldMs, busyMs, openTransaction, destroyed, leaseId } = event;
        rows.slice(event.pool, event.resourceId, nameOf(event), from, at, {
          leaseId,
          heldMs,
          busyMs,
          openTransaction,
          destroyed,
        });
        break;
      }
      case "pool:statement": {
        const { pool, startedAt, durationMs, leaseId, rowCount, failed, error } = event;
        const statement = maskStatement(event.statement);
        const end = startedAt + durationMs;
        const args = { statement, rowCount, ...(failed && { error: failureOf(pool, error) }) };
        const resource = leaseId === undefined ? undefined : rows.resourceOf(pool, leaseId);
        const short = statement.length > 60 ? `${statement.slice(0, 60)}…` : statement;
        if (resource === undefined) rows.span(pool, short, startedAt, end, undefined, args);
        else rows.slice(pool, resource, short, startedAt, end, args);
        break;
      }
      case "pool:create":
        rows.mark(event.pool, event.error === undefined ? "opened" : "connect failed", at, {
          resourceId: event.resourceId,
          attempt: event.attempt,
          ...(event.error !== undefined && { error: failureOf(event.pool, event.error) }),
        });
        break;
      case "pool:close":
        rows.mark(event.pool, `closed: ${event.reason}`, at, { resourceId: event.resourceId, uses: event.uses });
        break;
      case "pool:timeout":
        rows.mark(event.pool, `timeout ${event.label ?? ""}`, at, {
          waitedMs: event.waitedMs,
          holders: event.holders.map(brief),
        });
        break;
      case "pool:refuse":
        rows.mark(event.pool, `refused: ${event.code}`, at, { label: event.label });
        break;
      case "pool:leak":
        rows.mark(event.pool, `leak ${event.kind}`, at, brief(event.holder));
        break;
      case "pool:state":
        rows.mark(event.pool, event.state, at, {});
        break;
      case "connector:state":
        rows.mark(event.connector, `${event.from} → ${event.to}`, at, {
          ...(event.cause !== undefined && { cause: failureOf(event.connector, event.cause) }),
        });
        break;
      case "connector:recovery":
        rows.mark(event.connector, `recovery: ${event.action}`, at, {
          errorClass: event.errorClass,
          attempt: event.attempt,
        });
        break;
    }
  }
  for (const { at, event } of open.values())
    rows.slice(event.pool, event.resourceId, nameOf(event), at, options.now, { leaseId: event.leaseId, open: true });
  const { reason } = options;
  return {
    traceEvents: rows.events,
    displayTimeUnit: "ms",
    otherData: { reason, takenAt: new Date(options.at).toISOString(), pid: process.pid },
  };
}

function nameOf({ label, leaseId }: { readonly label: string | undefined; readonly leaseId: number }): string {
  return label ?? `lease ${String(leaseId)}`;
}

function brief({ label, leaseId, heldMs, busyMs, lastStatement, inTransaction, acquiredAt }: Holder): object {
  return { label, leaseId, heldMs, busyMs, lastStatement, inTransaction, acquiredAt };
}
