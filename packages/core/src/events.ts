import { channel, tracingChannel } from "node:diagnostics_channel";
import type { EventChannel, TracedChannel } from "./channels.js";
import type { ErrorClass } from "./error-class.js";
import type { CloseReason } from "./pool/close-reason.js";
import type { Holder } from "./pool/stats.js";

/**
 * The events of @pool on `node:diagnostics_channel`. What takes time is a tracing channel (`tracing:pool:acquire:start`, `…:end`,
 * `…:asyncStart`, `…:asyncEnd`, `…:error`), a moment is a plain channel. An event object is built only when somebody listens.
 * Events carry statement text as the caller wrote it, and never bound values, URLs or credentials.
 */
export interface TracedEvents {
  /** From the call of `acquire` until its lease. */
  "pool:acquire": { pool: string; label: string | undefined; waiting: number; leaseId?: number };
  /** A resource being opened. `attempt` counts the failures in a row before it. */
  "pool:create": { pool: string; kind: string; resourceId: number; attempt: number };
  /** `keepAlive`: by the sweep, and not because somebody wants to borrow it. */
  "pool:validate": { pool: string; resourceId: number; keepAlive: boolean };
  "pool:reset": { pool: string; resourceId: number; inTransaction: boolean };
  /** One statement or command, from sending to its reply. */
  "pool:query": {
    pool: string;
    leaseId: number | undefined;
    label: string | undefined;
    statement: string;
    rowCount?: number;
  };
  /** One transaction or savepoint, from BEGIN to COMMIT or ROLLBACK. `attempt` starts at 1; `outcome` is there at its end. */
  "pool:transaction": {
    pool: string;
    label: string | undefined;
    depth: number;
    attempt: number;
    outcome?: "committed" | "rolled back" | "unknown";
  };
  "connector:connect": { connector: string; kind: string };
  "connector:health": { connector: string; kind: string };
  /** From the call until the lock is held. The key is the caller's; no value of what it guards. */
  "lock:acquire": { kind: string; key: string; label: string | undefined; token?: bigint };
  /** The work behind a cache entry, when it was not there or not fresh. */
  "cache:compute": { cache: string; background: boolean };
}

export interface MomentEvents {
  /** `leasedAt`, as all times in events of a pool, is on the pool's clock: `performance.now()` unless it has another. */
  "pool:lease": {
    pool: string;
    leaseId: number;
    resourceId: number;
    label: string | undefined;
    waitedMs: number;
    leasedAt: number;
  };
  /**
   * One statement or command that has ended: what `pool:query` traces, in one event and at a fraction of its price. Published in the async context of
   * its caller.
   */
  "pool:statement": {
    pool: string;
    leaseId: number | undefined;
    label: string | undefined;
    statement: string;
    /** What it was called with. Undefined unless a listener has asked for it with `askForStatementValues`. */
    values: unknown;
    startedAt: number;
    durationMs: number;
    rowCount: number | undefined;
    failed: boolean;
    error: unknown;
  };
  /** `openTransaction`: it came back with one, which is rolled back or closed with the resource. */
  "pool:release": {
    pool: string;
    leaseId: number;
    resourceId: number;
    label: string | undefined;
    heldMs: number;
    busyMs: number;
    openTransaction: boolean;
    destroyed: boolean;
    releasedAt: number;
  };
  /** The same events for who does not care in which async context: the caller's costs each statement of a pool a promise. */
  "pool:statement:anywhere": MomentEvents["pool:statement"];
  "pool:release:anywhere": MomentEvents["pool:release"];
  "pool:close": { pool: string; resourceId: number; reason: CloseReason; ageMs: number; uses: number; cause: unknown };
  /** Nothing came free in time. */
  "pool:timeout": { pool: string; label: string | undefined; waitedMs: number; holders: readonly Holder[] };
  /** Refused: the queue is full, the backend is down, or the pool is closed. Also those who waited when that came about. */
  "pool:refuse": { pool: string; label: string | undefined; code: string };
  /**
   * `held`: over `leakAfter`; again with `returned` when its holder gives it back after all. `dropped`: garbage-collected without release.
   * `reclaimed`: taken away, over `reclaimAfter` or after it was told of as held.
   */
  "pool:leak": { pool: string; kind: "held" | "dropped" | "returned" | "reclaimed"; holder: Holder };
  "pool:state": { pool: string; state: "open" | "draining" | "closed" };
  "connector:state": { connector: string; kind: string; from: string; to: string; cause: unknown };
  /** A recovery policy acted on an error of that class. `attempt` counts from 1. */
  "connector:recovery": {
    connector: string;
    kind: string;
    errorClass: ErrorClass;
    action: "reconnect" | "retry" | "fallback" | "alarm" | "fail";
    attempt: number;
    cause: unknown;
  };
  "lock:release": { kind: string; key: string; label: string | undefined; heldMs: number };
  /** Held by us no more, without a release: expired, taken, or its backend was silent for too long. */
  "lock:lost": { kind: string; key: string; label: string | undefined; heldMs: number; cause: unknown };
  /** `shared`: somebody else was computing it already. `negative`: known not to be there. Keys are not told. */
  "cache:get": { cache: string; outcome: "hit" | "stale" | "negative" | "miss" | "shared" };
  /** What a cache found cannot be read, or what it was given cannot be written: by its codec, or since it is of another format. A miss. */
  "cache:unreadable": { cache: string; cause: unknown };
  /** A store of the cache failed and another one stands in for it (`away`), or is back. */
  "cache:store": { cache: string; store: string; state: "away" | "back"; cause: unknown };
}

export type EventName = keyof TracedEvents | keyof MomentEvents;

/** The channel of a moment. To listen to one, typed by its name, there is `onEvent`. */
export function moment<N extends keyof MomentEvents>(name: N): EventChannel<MomentEvents[N]> {
  return channel(name);
}

/**
 * Runs work under a tracing channel. Node would put what the work resolves with into the event, where rows and leases do not belong: a listener
 * that keeps events would keep them.
 */
export async function trace<E extends object, T>(
  tracing: TracedChannel<E>,
  event: E,
  work: () => T | PromiseLike<T>,
): Promise<T> {
  const outcome: { value?: T } = {};
  await tracing.tracePromise(async () => {
    outcome.value = await work();
  }, event);
  return outcome.value as T; // set where tracePromise resolves
}

/** The tracing channel of something that takes time. */
export function traced<N extends keyof TracedEvents>(name: N): TracedChannel<TracedEvents[N]> {
  return tracingChannel(name); // the name tells the type of what is told
}
