export { postgres } from "./postgres.js";
export type { PostgresClient, PostgresPools } from "./client.js";
export type { PostgresOptions, ReplicaOptions } from "./options.js";
export { postgresOptions, replicaOptions } from "./option-table.js";
export type { ConnectOptions, PasswordProvider } from "./connect/dial-options.js";
export type { ServerFacts } from "./connect/dialled.js";
export type { TargetSessionAttrs } from "./connect/role.js";
export type { SslMode, TlsFiles } from "./connect/tls.js";
export { PostgresConnection } from "./connection/connection.js";
export type { CopySource } from "./connection/copy-input.js";
export type { ResetMode } from "./connection/session-dirt.js";
export type { PostgresResult, PostgresStatement } from "./connection/statement.js";
export type { PostgresErrorCode } from "./errors.js";
export type { PostgresMethods, PostgresQueryOptions, StreamOptions } from "./methods.js";
export type {
  Gap,
  Heard,
  ListenLoopOptions,
  ListenOptions,
  Missed,
  Notification,
  NotificationHandler,
  Notifications,
  Subscription,
} from "./listen/listener.js";
export { sharedOptions, type SharedOptions } from "./shared/options.js";
export type { SharedQueries, SharedQueryOptions, SharedStats, SharedStatementObject } from "./shared/shared.js";
