import { type Connector, defineConnector, secretNames } from "@pool/core";
import { type PostgresClient } from "./client.js";
import { classify } from "./classify.js";
import { keyOf } from "./key.js";
import { openPostgres, type OpenedPostgres } from "./open.js";
import { type PostgresOptions } from "./options.js";
import { readPostgresOptions } from "./resolved-options.js";
import { postgresOptions } from "./option-table.js";

/**
 * A connector to PostgreSQL: a pool of connections, sessions and transactions over it, shared statements and notifications.
 * @throws PoolError `INVALID_OPTIONS` with every problem at once. Opens nothing; `connect()` does
 */
export function postgres(options: PostgresOptions = {}): Connector<PostgresClient> {
  const resolved = readPostgresOptions(options);
  const opened = new WeakMap<PostgresClient, OpenedPostgres>();
  const of = (client: PostgresClient): OpenedPostgres => {
    const found = opened.get(client);
    if (found === undefined) throw new Error("this client was made by another connector");
    return found;
  };
  return defineConnector<PostgresClient>({
    kind: "postgres",
    name: resolved.name,
    options: resolved.given,
    secretNames: secretNames(postgresOptions),
    key: keyOf(resolved),
    async open(context) {
      const database = await openPostgres(context.name, resolved, context);
      opened.set(database.client, database);
      return database.client;
    },
    close: (client, { timeout }) => of(client).close(timeout),
    check: (client, signal) => of(client).check(signal),
    connections: (client) => of(client).connections,
    classify,
    drainTimeout: resolved.pool.drainTimeout,
  });
}
