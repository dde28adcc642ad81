export { Pool } from "./pool.js";
export type { PoolConfig } from "./pool-config.js";
