import {
  CompiledQuery,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { type CustomTypesConfig } from "pg";
import { type ConnectionOptions, type KyselyTarget, PooledConnection } from "./connection.js";

export { type KyselyTarget };

export interface KyselyDialectOptions {
  /** Names Kysely's sessions in holders and errors. @default "kysely" */
  readonly label?: string;
  /** Parsers of column types for Kysely's statements, for example of `int8` as a number. Default: those of `pg` */
  readonly types?: CustomTypesConfig;
}

/**
 * A Kysely dialect over a connected client. A statement, a transaction and a `db.connection()` each borrow a connection for as long as they
 * last; a transaction with the access mode "read only" may borrow one to a replica. Kysely's `destroy()` leaves the client as it is: its
 * connector closes it.
 *
 * Inside a transaction of the client's, which brings retries, a label and a signal, Kysely builds the statements all the same:
 * `client.transaction((tx) => work(new Kysely({ dialect: kyselyDialect(tx) })), { retries: 3 })`. Nest with `tx.transaction()` there.
 */
export function kyselyDialect(target: KyselyTarget, { label = "kysely", types }: KyselyDialectOptions = {}): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PooledDriver(target, { label, types }),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class PooledDriver implements Driver {
  readonly #target: KyselyTarget;
  readonly #options: ConnectionOptions;

  constructor(target: KyselyTarget, options: ConnectionOptions) {
    this.#target = target;
    this.#options = options;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(this.#target, this.#options);
  }

  async beginTransaction(connection: PooledConnection, settings: TransactionSettings): Promise<void> {
    await connection.begin(settings);
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    await connection.rollback();
  }

  async savepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`savepoint ${quoted(name)}`));
  }

  async rollbackToSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`rollback to ${quoted(name)}`));
  }

  async releaseSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`release ${quoted(name)}`));
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    await connection.release();
  }

  async destroy(): Promise<void> {}
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
