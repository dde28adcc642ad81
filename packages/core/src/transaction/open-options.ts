/** What an open transaction is made with. */
export interface OpenTransactionOptions {
  /** Cancels what runs, and lets no statement start afterwards; COMMIT and ROLLBACK are not touched by it, but nobody waits long for its ROLLBACK. */
  readonly signal?: AbortSignal | undefined;
  readonly label?: string | undefined;
  /** It writes nothing, so that a lost COMMIT leaves nothing unknown. */
  readonly readOnly?: boolean | undefined;
  /** Which try of the whole work this is, from 1. */
  readonly attempt?: number;
}

/** `unknown`: the reply to a COMMIT was lost that may have had an effect. */
export type TransactionOutcome = "committed" | "rolled back" | "unknown";
