import { type Pool, type SqlClient, type Statement, type TransactionOptions } from "@pool/core";
import { type Pool as PgPool } from "pg";
import { type PostgresConnection } from "./connection/connection.js";
import { type PostgresMethods } from "./methods.js";
import { type PostgresResult } from "./connection/statement.js";
import {
  type ListenLoopOptions,
  type ListenOptions,
  type NotificationHandler,
  type Notifications,
  type Subscription,
} from "./listen/listener.js";
import { type SharedQueries } from "./shared/shared.js";

/** What a PostgreSQL connector's `client` is. */
export interface PostgresClient
  extends Omit<SqlClient<PostgresConnection, PostgresMethods>, "query" | "batch">, PostgresMethods {
  readonly pools: PostgresPools;
  /** All statements in one transaction; the results in their order. */
  batch(statements: readonly Statement[], options?: TransactionOptions): Promise<PostgresResult[]>;
  /**
   * Statements that share one or two pipelined connections, for many short ones at once. Opt-in per call: it knows no session state and no
   * transactions, and a slow statement holds up those that were sent behind it.
   */
  readonly shared: SharedQueries;
  /** Calls `handler` with every notification of a channel, over a connection of its own. Resolves when the server listens. */
  listen(channel: string, handler: NotificationHandler, options?: ListenOptions): Promise<Subscription>;
  /**
   * The notifications of a channel as a loop, `for await (const heard of client.listen("orders", { signal }))`, which listens from its first turn on.
   * Where some may have been missed it is given a {@link Missed}.
   */
  listen(channel: string, options?: ListenLoopOptions): Notifications;
  /** Sends a notification. Inside a transaction, `SELECT pg_notify($1, $2)` sends it with the commit. */
  notify(channel: string, payload?: string): Promise<void>;
  /** This pool as a `pg.Pool`, for libraries that want one. Ending it leaves the connector connected. */
  pgPool(): PgPool;
}

/** The pools behind a client. */
export interface PostgresPools {
  readonly primary: Pool<PostgresConnection>;
  /** Where `readOnly` sessions and transactions borrow, when replicas are set up. */
  readonly replica: Pool<PostgresConnection> | undefined;
}
