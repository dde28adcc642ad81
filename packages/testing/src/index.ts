/** The contract that every adapter of @pool keeps, as a test suite; real servers for tests; a proxy that makes faults. */
export type { AdapterUnderTest, FactoryUnderTest, Hook, SessionState, SqlUnderTest } from "./adapter.js";
export { BrokenPromise } from "./broken-promise.js";
export type { Need, Part } from "./check.js";
export { contractTests, runContract, uncheckedPromises, type ContractReport, type ContractTest } from "./contract.js";
export { describeAdapter, type TestRunner } from "./describe.js";
export { faultProxy } from "./proxy/fault-proxy.js";
export type { Direction, FaultScope } from "./proxy/faults.js";
export type { ProxyConnection } from "./proxy/link.js";
export type { FaultProxy, FaultProxyOptions, ProxyStats } from "./proxy/proxy.js";
export { browserPath } from "./servers/browser.js";
export { startEtcd, type EtcdServer, type EtcdServerOptions } from "./servers/etcd.js";
export { startPgBouncer, type PgBouncer, type PgBouncerOptions } from "./servers/pgbouncer.js";
export type { TextRow } from "./servers/postgres/admin.js";
export type { PostgresServer, PostgresServerOptions, PostgresStandby, ServerTls } from "./servers/postgres/options.js";
export { startPostgres } from "./servers/postgres/start.js";
export { startRedis, type RedisServer, type RedisServerOptions } from "./servers/redis.js";
export type { TestServer } from "./servers/server.js";
export { sharedPostgres, shareServers } from "./servers/shared.js";
