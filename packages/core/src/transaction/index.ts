export { createSqlClient, type SqlClientOptions } from "./client.js";
export type * from "./sql.js";
