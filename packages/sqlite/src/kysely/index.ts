import {
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { type KyselyTarget, PooledConnection } from "./connection.js";
import { migrationTurn } from "./migration-turn.js";

export { type KyselyTarget };

export interface KyselyDialectOptions {
  /** How Kysely's transactions begin. @default "immediate", since one that reads first can come too late to write */
  readonly mode?: "deferred" | "immediate" | "exclusive";
  /** Names the transactions in holders and errors. @default "kysely" */
  readonly label?: string;
}

/**
 * A Kysely dialect over a connected client: statements run wherever `client.query` sends them, transactions in sessions of the writer (or
 * of a reader, with the access mode "read only"). Kysely's `destroy()` leaves the client as it is: its connector closes it.
 *
 * Outside a transaction every statement is on its own, also inside `db.connection()`. Migrators of one file take turns in this process; with
 * several processes on it, leave the migrations to one of them.
 *
 * Inside a transaction of the client's, which brings retries, a label and a signal, Kysely builds the statements all the same:
 * `client.transaction((tx) => work(new Kysely({ dialect: kyselyDialect(tx) })), { retries: 3 })`. Nest with `tx.transaction()` there.
 */
export function kyselyDialect(client: KyselyTarget, options: KyselyDialectOptions = {}): Dialect {
  return {
    createAdapter: () => new PooledAdapter(client),
    createDriver: () => new PooledDriver(client, options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely's own serializes everything over one connection, which is not needed over a pool. */
class PooledAdapter extends SqliteAdapter {
  readonly #client: KyselyTarget;
  #endTurn: (() => void) | undefined;

  constructor(client: KyselyTarget) {
    super();
    this.#client = client;
  }

  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /** Kysely's own relies on there being one connection. */
  override async acquireMigrationLock(): Promise<void> {
    this.#endTurn = await migrationTurn(this.#client.file ?? this.#client);
  }

  override async releaseMigrationLock(): Promise<void> {
    this.#endTurn?.();
  }
}

class PooledDriver implements Driver {
  readonly #client: KyselyTarget;
  readonly #options: KyselyDialectOptions;

  constructor(client: KyselyTarget, options: KyselyDialectOptions) {
    this.#client = client;
    this.#options = options;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(this.#client);
  }

  async beginTransaction(connection: PooledConnection, { accessMode }: TransactionSettings): Promise<void> {
    const { mode, label = "kysely" } = this.#options;
    const readOnly = accessMode === "read only";
    await connection.begin(label, { readOnly, ...(mode !== undefined && !readOnly && { mode }) });
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    await connection.end((session) => session.commit());
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    await connection.end((session) => session.rollback());
  }

  async savepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.run(`savepoint ${quoted(name)}`);
  }

  async rollbackToSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.run(`rollback to ${quoted(name)}`);
  }

  async releaseSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.run(`release ${quoted(name)}`);
  }

  /** One that is given back inside a transaction is rolled back. */
  async releaseConnection(connection: PooledConnection): Promise<void> {
    await connection.end((session) => session.rollback());
  }

  async destroy(): Promise<void> {}
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
