export { sqlite } from "./sqlite.js";
export type { SqliteClient, SqlitePools } from "./client.js";
export { sqliteOptions, type SqliteOptions } from "./options.js";
export { type PragmaValue } from "./pragmas.js";
export { verifyBackup, type BackupOptions, type BackupReport, type Verification } from "./backup.js";
export { type SqliteErrorCode } from "./errors.js";
export { SqliteHandle, type Role, type SqliteResult } from "./handle/handle.js";
export { type TransactionMode } from "./driver.js";
export { type Values } from "./helper/protocol.js";
