import { CLOSE_REASONS, type CloseReason } from "./close-reason.js";
import type { PoolTotals } from "./stats.js";

/** The counts of a pool that only grow. */
export class Totals {
  /** Numbers the leases as well. */
  acquired = 0;
  released = 0;
  destroyed = 0;
  dropped = 0;
  created = 0;
  createFailed = 0;
  closed = 0;
  timedOut = 0;
  aborted = 0;
  refused = 0;
  openTransactions = 0;
  readonly #closedBy = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<CloseReason, number>; // a key for every reason

  countClose(reason: CloseReason): void {
    this.closed++;
    this.#closedBy[reason]++;
  }

  snapshot(): PoolTotals {
    const {
      acquired,
      released,
      destroyed,
      dropped,
      created,
      createFailed,
      closed,
      timedOut,
      aborted,
      refused,
      openTransactions,
    } = this;
    const closedBy = { ...this.#closedBy };
    return {
      acquired,
      released,
      destroyed,
      dropped,
      created,
      createFailed,
      closed,
      closedBy,
      timedOut,
      aborted,
      refused,
      openTransactions,
    };
  }
}
