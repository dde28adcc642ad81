import { createPool, type PoolHooks, type ResourceFactory, withHooks } from "@pool/core";
import type pg from "pg";
import { createDialer } from "../connect/dialer.js";
import { type PostgresConnection } from "../connection/connection.js";
import { primaryFactory } from "../factory.js";
import { readPostgresOptions, type ResolvedPostgresOptions } from "../resolved-options.js";
import { LentPool } from "./lent-pool.js";
import { optionsOf, type PoolConfig } from "./pool-config.js";
import { type Seats } from "./seats.js";
import { hideAddresses } from "./shown-options.js";
import { type Source } from "./source.js";
import { withSetup } from "./setup.js";

/**
 * In place of `pg.Pool`: the same class to its users, and our pool inside.
 *
 * `new Pool(config)` takes the options of `pg.Pool` and those of `postgres()`. Errors of the server are pg's own; those of the pool are PoolErrors
 * that begin with pg's words. @throws PoolError `INVALID_OPTIONS` with every problem at once
 */
export interface Pool extends pg.Pool, AsyncDisposable {}

// The class has fewer overloads than pg's types; a test of types and the tests of libraries hold it to them.
export const Pool = class Pool extends LentPool {
  constructor(config: PoolConfig = {}) {
    const given = readPostgresOptions(optionsOf(config));
    super(config as pg.PoolConfig, (seats) => sourceOf(given, config, seats, () => this));
    hideAddresses(this.options, given.dial);
  }
} as unknown as PoolClass;

/** With what `pg.Pool` inherits from emitters, so that it fits wherever `typeof pg.Pool` is asked for. */
type PoolClass = Omit<typeof pg.Pool, "prototype"> & { readonly prototype: Pool; new (config?: PoolConfig): Pool };

function sourceOf(given: ResolvedPostgresOptions, config: PoolConfig, seats: Seats, self: () => LentPool): Source {
  const onReadOnly = (): void => pool.evict("the server takes no writes any more");
  const factory = withSetup(primaryFactory(given, createDialer(given.dial), onReadOnly), config, seats, self);
  const pool = createPool(withOwnHooks(factory, given.hooks), given.pool);
  const { maxLifetime, drainTimeout } = given.pool;
  return {
    pool,
    queryTimeout: given.queryTimeout,
    maxLifetime,
    drainTimeout,
    allowExitOnIdle: config.allowExitOnIdle === true,
    close: (timeout) => pool.close({ timeout }),
  };
}

function withOwnHooks(
  factory: ResourceFactory<PostgresConnection>,
  hooks: PoolHooks<PostgresConnection> | undefined,
): ResourceFactory<PostgresConnection> {
  return hooks === undefined ? factory : withHooks(factory, hooks);
}
