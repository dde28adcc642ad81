import { type IsolationLevel, PoolError, type Session } from "@pool/core";
import { type CompiledQuery, type DatabaseConnection, type QueryResult, type TransactionSettings } from "kysely";
import { type CustomTypesConfig } from "pg";
import { type PostgresClient } from "../client.js";
import { type PostgresMethods } from "../methods.js";

/** A connected client; or one of its sessions or transactions, in which Kysely begins none of its own. */
export type KyselyTarget = Pick<PostgresMethods, "query" | "stream"> & Partial<Pick<PostgresClient, "openSession">>;

export interface ConnectionOptions {
  readonly label: string;
  readonly types: CustomTypesConfig | undefined;
}

type OpenSession = PostgresMethods & Session & AsyncDisposable;
interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

const COUNTED = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

/**
 * What Kysely takes for a connection: a session from its first statement on, so that what is asked of one connection meets its settings,
 * locks and temporary tables. Not before: only `begin` says whether it will read alone, and may be lent a replica.
 */
export class PooledConnection implements DatabaseConnection {
  readonly #target: KyselyTarget;
  readonly #options: ConnectionOptions;
  #session: Promise<OpenSession> | undefined;

  constructor(target: KyselyTarget, options: ConnectionOptions) {
    this.#target = target;
    this.#options = options;
  }

  async begin({ isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    const session = await this.#open({ readOnly: accessMode === "read only" });
    if (session === undefined) throw nested();
    await session.begin({
      ...(isolationLevel !== undefined && { isolation: isolationLevel as IsolationLevel }), // of another database's it refuses
      ...(accessMode !== undefined && { readOnly: accessMode === "read only" }),
    });
  }

  async commit(): Promise<void> {
    await (await this.#session)?.commit();
  }

  async rollback(): Promise<void> {
    await (await this.#session)?.rollback();
  }

  /** Gives the session back; a transaction that is still open is rolled back. Never rejects. */
  async release(): Promise<void> {
    const opening = this.#session;
    this.#session = undefined;
    const session = await opening?.catch(() => undefined); // who asked for it has been told
    await session?.[Symbol.asyncDispose]();
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery, { signal }: Abortable = {}): Promise<QueryResult<Row>> {
    const over = (await this.#open({ signal })) ?? this.#target;
    const { rows, rowCount, command } = await over.query<Row>(sql, parameters, this.#how(signal));
    return { rows, ...(command !== null && COUNTED.has(command) && { numAffectedRows: BigInt(rowCount) }) };
  }

  async *streamQuery<Row>(
    { sql, parameters }: CompiledQuery,
    chunkSize: number,
    { signal }: Abortable = {},
  ): AsyncIterableIterator<QueryResult<Row>> {
    const over = (await this.#open({ signal })) ?? this.#target;
    let rows: Row[] = [];
    for await (const row of over.stream<Row>(sql, parameters, { ...this.#how(signal), batch: chunkSize })) {
      if (rows.push(row) < chunkSize) continue;
      yield { rows };
      rows = [];
    }
    if (rows.length > 0) yield { rows };
  }

  /** For Kysely's strategy "cancel query": the signal has done that already, whichever the strategy. */
  async cancelQuery(): Promise<void> {}

  #how(signal: AbortSignal | undefined): { signal?: AbortSignal; types?: CustomTypesConfig } {
    const { types } = this.#options;
    return { ...(signal !== undefined && { signal }), ...(types !== undefined && { types }) };
  }

  /** The session, opened by the first who asks; none where the target is one itself. */
  async #open({ readOnly, signal }: Abortable & { readonly readOnly?: boolean }): Promise<OpenSession | undefined> {
    const { openSession } = this.#target;
    if (openSession === undefined || this.#session !== undefined) return await this.#session;
    const opening = openSession({
      label: this.#options.label,
      ...(readOnly === true && { readOnly }),
      ...(signal !== undefined && { signal }),
    });
    this.#session = opening;
    try {
      return await opening;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }
}

function nested(): PoolError {
  return new PoolError(
    "INVALID_ARGUMENT",
    "this Kysely is inside a session or transaction of the client: begin and nest with theirs, or make it over the client",
  );
}
