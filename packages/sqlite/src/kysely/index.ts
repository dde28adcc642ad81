import { PoolError, type Queryable, type Session, type TransactionOptions } from "@pool/core";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { type SqliteClient } from "../client.js";
import { type SqliteResult } from "../handle/handle.js";

export interface KyselyDialectOptions {
  /** How Kysely's transactions begin. @default "immediate", since one that reads first can come too late to write */
  readonly mode?: "deferred" | "immediate" | "exclusive";
  /** Names the transactions in holders and errors. @default "kysely" */
  readonly label?: string;
}

/** A connected client; or one of its sessions or transactions, in which Kysely begins none of its own. */
export type KyselyTarget = Queryable & Partial<Pick<SqliteClient, "openSession">>;

/**
 * A Kysely dialect over a connected client: statements run wherever `client.query` sends them, transactions in sessions of the writer (or
 * of a reader, with the access mode "read only"). Kysely's `destroy()` leaves the client as it is: its connector closes it.
 *
 * Outside a transaction every statement is on its own, also inside `db.connection()`.
 *
 * Inside a transaction of the client's, which brings retries, a label and a signal, Kysely builds the statements all the same:
 * `client.transaction((tx) => work(new Kysely({ dialect: kyselyDialect(tx) })), { retries: 3 })`. Nest with `tx.transaction()` there.
 */
export function kyselyDialect(client: KyselyTarget, options: KyselyDialectOptions = {}): Dialect {
  return {
    createAdapter: () => new PooledAdapter(),
    createDriver: () => new PooledDriver(client, options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely's own serializes everything over one connection, which is not needed over a pool. */
class PooledAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
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

/** What Kysely takes for a connection: none is lent until a transaction begins. */
class PooledConnection implements DatabaseConnection {
  readonly #client: KyselyTarget;
  #session: (Session & AsyncDisposable) | undefined;

  constructor(client: KyselyTarget) {
    this.#client = client;
  }

  async begin(label: string, options: Pick<TransactionOptions, "readOnly" | "mode">): Promise<void> {
    const { openSession } = this.#client;
    if (openSession === undefined) throw nested();
    const session = await openSession({ label, ...(options.readOnly === true && { readOnly: true }) });
    try {
      await session.begin(options);
      this.#session = session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  async end(how: (session: Session) => Promise<void>): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    try {
      await how(session);
    } finally {
      await session[Symbol.asyncDispose]();
    }
  }

  async run<Row>(text: string, values?: readonly unknown[], signal?: AbortSignal): Promise<SqliteResult<Row>> {
    return await (this.#session ?? this.#client).query<Row>(text, values, signal === undefined ? {} : { signal });
  }

  async executeQuery<Row>(
    { sql, parameters }: CompiledQuery,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<QueryResult<Row>> {
    const { rows, rowCount, lastInsertRowid } = await this.run<Row>(sql, parameters, options.signal);
    return {
      rows,
      numAffectedRows: BigInt(rowCount),
      ...(lastInsertRowid !== undefined && { insertId: BigInt(lastInsertRowid) }),
    };
  }

  /** In chunks, but read at once: a cursor would hold a connection for as long as its reader pleases. */
  async *streamQuery<Row>(
    query: CompiledQuery,
    chunkSize: number,
    options: { signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<QueryResult<Row>> {
    const { rows } = await this.executeQuery<Row>(query, options);
    for (let at = 0; at < rows.length; at += chunkSize) yield { rows: rows.slice(at, at + chunkSize) };
  }
}

function nested(): PoolError {
  return new PoolError(
    "INVALID_ARGUMENT",
    "this Kysely is inside a session or transaction of the client: begin and nest with theirs, or make it over the client",
  );
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
