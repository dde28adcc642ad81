/** What an open transaction is made with. */
export interface OpenTransactionOptions {
  /** Cancels what runs, and lets no statement start afterwards; COMMIT and ROLLBACK are not touched by it, but nobody waits long for its ROLLBACK. */
  readonly signal?: AbortSignal | undefined;
  readonly label?: string | undefined;
  /** Which try of the whole work this is, from 1. */
  readonly attempt?: number;
}

/** `unknown`: the reply to COMMIT was lost. */
export type TransactionOutcome = "committed" | "rolled back" | "unknown";
