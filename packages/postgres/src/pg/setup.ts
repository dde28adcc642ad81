import { type ResourceFactory, unlessAborted } from "@pool/core";
import type pg from "pg";
import { type PostgresConnection } from "../connection/connection.js";
import { LentClient } from "./lent-client.js";
import { type LentPool } from "./lent-pool.js";
import { type PoolConfig } from "./pool-config.js";
import { type PgStatement } from "./pg-statement.js";
import { SetupClient } from "./resident.js";
import { type Seat } from "./seat.js";
import { type Seats } from "./seats.js";

/** What a config of `pg.Pool` wants done with each new connection. Whatever fails makes the connect fail. */
export type ConnectHooks = Pick<PoolConfig, "onConnect" | "verify">;

/**
 * The factory of a facade: `onConnect`, the listeners of "connect" and `verify` are done with a new connection before anybody gets it. What they
 * have set is part of the connection, so it is set again after each reset.
 */
export function withSetup(
  factory: ResourceFactory<PostgresConnection>,
  hooks: ConnectHooks,
  seats: Seats,
  pool: () => LentPool,
): ResourceFactory<PostgresConnection> {
  const remembered = new WeakMap<PostgresConnection, readonly PgStatement[]>();
  return {
    ...factory,
    async create(context) {
      const connection = await factory.create(context);
      try {
        // A hook may hang; what it does later is of no matter.
        const setup = (): Promise<readonly PgStatement[]> => setUp(seats.of(connection), hooks, seats, pool());
        const statements = await unlessAborted(context.signal, setup);
        await connection.reset("none", context.signal);
        if (statements.length > 0) remembered.set(connection, statements);
        if (pool().options.allowExitOnIdle) seats.of(connection).unref();
        return connection;
      } catch (error) {
        await factory.close(connection, { graceful: !context.signal.aborted });
        throw error;
      }
    },
    async reset(connection, signal) {
      await factory.reset?.(connection, signal);
      const statements = remembered.get(connection);
      if (statements === undefined) return;
      for (const statement of statements) await connection.run(statement, signal);
      // What was set again is as it shall be.
      await connection.reset("none", signal);
    },
  };
}

async function setUp(seat: Seat, hooks: ConnectHooks, seats: Seats, pool: LentPool): Promise<readonly PgStatement[]> {
  const setup = new SetupClient(pool, seat);
  seat.resident = setup.client; // what is told of later is what "connect" was told of, with its listeners
  const client = setup.client as unknown as pg.PoolClient; // what a lent client looks like
  try {
    await hooks.onConnect?.(client);
    seats.announce(seat, setup.client);
    if (hooks.verify !== undefined) await verified(hooks.verify, client);
    await LentClient.quiet(setup.client);
  } finally {
    setup.close();
  }
  return setup.remembered;
}

function verified(verify: NonNullable<ConnectHooks["verify"]>, client: pg.PoolClient): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    verify(client, (error) => (error ? reject(error) : resolve()));
  });
}
