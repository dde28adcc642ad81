import type { ChromeTrace } from "./flight/chrome-trace.js";
import type { SnapshotDiff } from "./snapshot/diff.js";
import type { MonitorMeasures } from "./snapshot/measures.js";
import type { MonitorSnapshot } from "./snapshot/snapshot.js";

/** Sees what the pools, connectors, caches and locks of this process do, from outside. Made by `watch`; disposing it leaves no listener behind. */
export interface Monitor extends Disposable {
  /** All that it sees now. `series: false` leaves out the history, which is most of it. */
  snapshot(options?: { series?: boolean }): MonitorSnapshot;
  /**
   * Calls `listener` once a second with a snapshot without series, until disposed. All listeners share one snapshot; without a listener none is
   * made. What a listener throws is logged, and neither the others nor the service hear of it.
   */
  subscribe(listener: (tick: MonitorSnapshot) => void): Disposable;
  /** What became of the pools since an earlier snapshot, until a later one or now. */
  diff(before: MonitorSnapshot, after?: MonitorSnapshot): SnapshotDiff;
  /** What exporters read: counts that only grow, and times in buckets. */
  measure(): MonitorMeasures;
  /** The last events as a trace that Chrome's trace viewer and Perfetto open, once it is written to a file as JSON. */
  flight(reason?: string): ChromeTrace;
  /** The open pools by name, to be acted on. */
  pools(): readonly PoolHandle[];
}

/** What an operator may do to the pools of one name; each call reaches all of them. */
export interface PoolHandle {
  readonly name: string;
  readonly kind: string;
  /** Idle resources close now, leased ones on their return. */
  evict(reason?: string): void;
  /** @throws PoolError `INVALID_ARGUMENT` for limits that are none, or impossible together */
  resize(limits: { maxSize?: number; maxIdle?: number; minIdle?: number }): void;
  /** Refuses new callers, waits for leases up to `timeout` ms, then closes what is left: the end of the pool. */
  drain(options?: { timeout?: number }): Promise<void>;
  /** Takes a resource away from its holder and closes it. False when the lease has ended already. */
  reclaim(leaseId: number, reason?: string): boolean;
}
