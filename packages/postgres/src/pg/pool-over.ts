import { type Pool as CorePool } from "@pool/core";
import type pg from "pg";
import { type PostgresConnection } from "../connection/connection.js";
import { type ResolvedPostgresOptions } from "../resolved-options.js";
import { LentPool } from "./lent-pool.js";

const known = new WeakMap<CorePool<PostgresConnection>, pg.Pool>();

/**
 * A pool of a connector as a `pg.Pool`. Ending it leaves the pool open. The same one at each call, until it is ended.
 */
export function poolOver(pool: CorePool<PostgresConnection>, options: ResolvedPostgresOptions): pg.Pool {
  const before = known.get(pool);
  if (before !== undefined && !before.ending) return before;
  const made = new Pool(pool, options) as unknown as pg.Pool; // see pool.ts
  known.set(pool, made);
  return made;
}

// Libraries look at this name.
class Pool extends LentPool {
  constructor(pool: CorePool<PostgresConnection>, { dial, queryTimeout, pool: limits }: ResolvedPostgresOptions) {
    const { user, database } = dial;
    const [at] = dial.hosts;
    super({ user, database, host: at?.host, port: at?.port, max: pool.stats.maxSize }, () => ({
      pool,
      queryTimeout,
      maxLifetime: Infinity,
      allowExitOnIdle: false,
      drainTimeout: limits.drainTimeout,
      close: () => Promise.resolve(),
    }));
  }
}
