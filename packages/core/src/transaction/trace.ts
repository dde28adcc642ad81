import { trace, traced } from "../events.js";
import type { TransactionOutcome } from "./open-options.js";
import type { OpenTransaction } from "./open-transaction.js";

const transactions = traced("pool:transaction");

/** Runs a transaction or savepoint under the `pool:transaction` tracing channel. `run` says how it ended; a rejection is a rollback. */
export function traceTransaction<R, T>(
  open: OpenTransaction<R>,
  depth: number,
  run: (ended: (outcome: TransactionOutcome) => void) => Promise<T>,
): Promise<T> {
  if (!transactions.hasSubscribers) return run(() => undefined);
  const event: {
    pool: string;
    label: string | undefined;
    depth: number;
    attempt: number;
    outcome?: TransactionOutcome;
  } = {
    pool: open.place.pool,
    label: open.place.label,
    depth,
    attempt: open.attempt,
  };
  const watched = async (): Promise<T> => {
    try {
      return await run((outcome) => (event.outcome = outcome));
    } catch (error) {
      event.outcome = depth === 0 ? open.outcome : "rolled back";
      throw error;
    }
  };
  return trace(transactions, event, watched);
}
