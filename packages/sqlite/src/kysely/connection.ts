import { PoolError, type Queryable, type Session, type TransactionOptions } from "@pool/core";
import { type CompiledQuery, type DatabaseConnection, type QueryResult } from "kysely";
import { type SqliteClient } from "../client.js";
import { type SqliteResult } from "../handle/handle.js";

/** A connected client; or one of its sessions or transactions, in which Kysely begins none of its own. */
export type KyselyTarget = Queryable & Partial<Pick<SqliteClient, "openSession" | "file">>;

/** What Kysely takes for a connection: none is lent until a transaction begins. */
export class PooledConnection implements DatabaseConnection {
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
