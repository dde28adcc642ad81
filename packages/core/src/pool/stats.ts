import type { CloseReason } from "./close-reason.js";

/** Who holds a resource now: what a timeout error, a leak report and {@link Pool.holders} show. */
export interface Holder {
  readonly leaseId: number;
  readonly resourceId: number;
  readonly label: string | undefined;
  /** Milliseconds since it was lent. */
  readonly heldMs: number;
  /** Milliseconds of that in which a statement ran. */
  readonly busyMs: number;
  /** The last statement that ran under this lease, with its literals replaced. */
  readonly lastStatement: string | undefined;
  readonly inTransaction: boolean | undefined;
  /** The stack of the acquire, where the pool's `stacks` option took one. */
  readonly acquiredAt: string | undefined;
}

/** Counts that only grow. At all times `acquired = released + destroyed + dropped + leased` and `created = closed + open`. */
export interface PoolTotals {
  readonly acquired: number;
  readonly released: number;
  readonly destroyed: number;
  /** Leases found by garbage collection. */
  readonly dropped: number;
  readonly created: number;
  readonly createFailed: number;
  readonly closed: number;
  readonly closedBy: Readonly<Record<CloseReason, number>>;
  readonly timedOut: number;
  readonly aborted: number;
  /** Refused at once: queue full, backend down, pool closed, self-deadlock. */
  readonly refused: number;
  /** Leases that came back with a transaction open. */
  readonly openTransactions: number;
}

/** A moment of a pool. `size = idle + leased + connecting + validating + resetting + closing`. */
export interface PoolStats {
  readonly state: "open" | "draining" | "closed";
  readonly maxSize: number;
  readonly maxIdle: number;
  readonly minIdle: number;
  readonly maxWaiting: number;
  readonly size: number;
  readonly idle: number;
  readonly leased: number;
  readonly connecting: number;
  readonly validating: number;
  readonly resetting: number;
  /** Being closed; counts until the backend has let go, so that the limit holds on the server as well. */
  readonly closing: number;
  readonly waiting: number;
  readonly generation: number;
  /** Failed connects in a row. */
  readonly failures: number;
  /** The last failed connect, until one succeeds. */
  readonly lastError: unknown;
  readonly totals: PoolTotals;
}
