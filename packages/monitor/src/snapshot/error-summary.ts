import type { ErrorClass } from "@pool/core";

/** What may leave the process of an error: no stack, no cause, no secret, and statements in its message with their literals replaced. */
export interface ErrorSummary {
  /** Ours or the backend's: `ACQUIRE_TIMEOUT`, `23505`, `ECONNREFUSED`. */
  readonly code: string | null;
  readonly class: ErrorClass;
  readonly message: string;
}
