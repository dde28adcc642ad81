import { type Duration, type PoolHooks, type PoolOptions, type SupervisionOptions } from "@pool/core";
import { type ConnectOptions } from "./connect/dial-options.js";
import { type PostgresConnection } from "./connection/connection.js";
import { type ResetMode } from "./connection/session-dirt.js";
import { type SharedOptions } from "./shared/options.js";

/** What {@link postgres} takes: where to connect, how the pool behaves, and what its connections do. */
export interface PostgresOptions extends PoolOptions, SupervisionOptions, ConnectOptions {
  /** Longest time for one statement, in ms; then it is cancelled on the server. @default 30_000 */
  queryTimeout?: Duration;
  /** Prepared statements kept by each connection; 0 prepares none. @default 100 */
  statementCache?: number;
  /** What a release undoes: what the lease has dirtied, everything, an open transaction, or nothing. @default "auto" */
  reset?: ResetMode;
  /** Whether labels reach the server: as a comment in front of the statement, or as its `application_name`. @default "off" */
  labels?: "off" | "comment" | "applicationName";
  /** `connect()` opens nothing; the first borrower does. @default false */
  lazy?: boolean;
  /** Functions after each connect, before each loan and after each return; each may refuse. */
  hooks?: PoolHooks<PostgresConnection>;
  /** Replicas for `readOnly` sessions and transactions, in a pool of their own. While none can be had, the primary serves them. */
  replicas?: ReplicaOptions;
  /** The connections behind `client.shared`. */
  shared?: SharedOptions;
  /** How often the connection behind `client.listen` is asked whether it is still there, in ms. @default 10_000 */
  listenKeepAlive?: Duration;
}

/** Where replicas are, and how large their pool is; everything else is as for the primary. */
export interface ReplicaOptions extends Pick<PoolOptions, "maxSize" | "maxIdle" | "minIdle"> {
  /** Names or addresses, with `":port"` where it is not the primary's. */
  hosts: readonly string[];
  /** A connection that had to be made to the primary is replaced when it is as old as this and idle, in ms. @default 30_000 */
  retryAfter?: Duration;
}
