export { createSqlClient } from "./client.js";
export type { SqlClientOptions } from "./client-options.js";
export type * from "./sql-driver.js";
export type * from "./sql.js";
export type * from "./use-context.js";
