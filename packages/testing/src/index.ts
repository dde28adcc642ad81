/** The contract that every adapter of @pool keeps, as a test suite. */
export type { AdapterUnderTest, FactoryUnderTest, Hook, SessionState, SqlUnderTest } from "./adapter.js";
export { BrokenPromise } from "./broken-promise.js";
export type { Need, Part } from "./check.js";
export { contractTests, runContract, uncheckedPromises, type ContractReport, type ContractTest } from "./contract.js";
export { describeAdapter, type TestRunner } from "./describe.js";
export type { TextRow } from "./servers/postgres/admin.js";
export type { PostgresServer, PostgresServerOptions, PostgresStandby, ServerTls } from "./servers/postgres/options.js";
export { startPostgres } from "./servers/postgres/start.js";
export type { TestServer } from "./servers/server.js";
