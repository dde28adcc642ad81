import type { Connector } from "../connector/connector.js";

/** What the work is told. */
export interface RecoveryAttempt {
  /** 1 at first. */
  readonly attempt: number;
  /** Aborted when the time is over, or the caller has gone. */
  readonly signal: AbortSignal;
}

/** A connector, or a scope's view of one. */
export type Recoverable<C> = Pick<Connector<C>, "name" | "kind" | "client" | "healthCheck" | "classify">;

/** What is to be done, and may have to be done again. */
export type Work<C, T> = (client: C, context: RecoveryAttempt) => T | PromiseLike<T>;
