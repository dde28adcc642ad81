import { checkFactory } from "./arguments.js";
import { enrolPool } from "./open-pools.js";
import type { ResourceFactory } from "./factory.js";
import { ManagedPool } from "./managed-pool.js";
import { readPoolOptions, type PoolOptions } from "./options.js";
import type { Pool } from "./pool.js";

/**
 * Makes a pool of what the factory opens. Opens nothing by itself, unless `minIdle` asks for it; `await pool.warm()` fails fast where the
 * backend is not there.
 * @throws PoolError `INVALID_OPTIONS` with every problem of the options, `INVALID_ARGUMENT` for a factory that cannot be one
 */
export function createPool<R>(factory: ResourceFactory<R>, options: PoolOptions = {}): Pool<R> {
  checkFactory(factory);
  const pool = new ManagedPool(factory, readPoolOptions(options, factory.kind));
  enrolPool(pool);
  return pool;
}
