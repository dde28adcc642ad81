import { type Connector, defineConnector, fingerprint } from "@pool/core";
import { resolve } from "node:path";
import { classify } from "./classify.js";
import { type SqliteClient } from "./client.js";
import { openSqlite, type OpenedDatabase } from "./open.js";
import { readSqliteOptions, type ResolvedSqliteOptions, type SqliteOptions } from "./options.js";

let memoryDatabases = 0;

/**
 * A connector to one SQLite file: one writer in a process of its own, several readers off this thread, reads by key in it.
 * @throws PoolError `INVALID_OPTIONS` with every problem at once. Opens nothing; `connect()` does
 */
export function sqlite(options: SqliteOptions): Connector<SqliteClient> {
  const resolved = readSqliteOptions(options);
  const opened = new WeakMap<SqliteClient, OpenedDatabase>();
  const of = (client: SqliteClient): OpenedDatabase => {
    const found = opened.get(client);
    if (found === undefined) throw new Error("this client was made by another connector");
    return found;
  };
  return defineConnector<SqliteClient>({
    kind: "sqlite",
    name: resolved.name,
    options: resolved,
    key: keyOf(resolved),
    async open(context) {
      const database = await openSqlite(context, resolved);
      opened.set(database.client, database);
      return database.client;
    },
    close: (client, { timeout }) => of(client).close(timeout),
    check: (client) => of(client).check(),
    connections: ({ pools }) => pools.writer.stats.size + pools.threads.stats.size + pools.processes.stats.size + 1,
    classify,
    drainTimeout: resolved.drainTimeout,
  });
}

function keyOf({ file, name: _, ...options }: ResolvedSqliteOptions): string {
  // Each of these is a database of its own.
  if (file === ":memory:") return `sqlite::memory:#${String(++memoryDatabases)}`;
  // Whoever gets this client must find what was asked for: other PRAGMAs, integers or timeouts make another one.
  return `sqlite:${resolve(file)}?options=${fingerprint(JSON.stringify(Object.entries(options).sort()))}`;
}
