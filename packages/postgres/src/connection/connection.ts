import { PoolError, type ResourceStatus } from "@pool/core";
import pg from "pg";
import { cancellable, type CancelRoute } from "./cancellation.js";
import { type Dialled } from "../connect/dialled.js";
import { type Exchange } from "./exchange.js";
import { Line } from "./line.js";
import { Messages } from "./messages.js";
import { internalsOf, type PgClient, type PgSubmittable } from "./pg-internals.js";
import { PreparedStatements } from "./prepared.js";
import { StatementExchange, type StatementContext } from "./statement-exchange.js";
import { type PostgresResult, type PostgresStatement } from "./statement.js";
import { assertText, wireValuesOf } from "./values.js";

export interface ConnectionOptions {
  /** Longest time in ms for a cancel to be handed to the server. After it the connection is destroyed, for nobody knows what the cancel will hit. */
  readonly cancelTimeout: number;
  /** How many prepared statements the connection keeps; 0 for none, as behind a PgBouncer in transaction mode. */
  readonly statementCache: number;
}

/** One connection as a pool lends it. Statements issued together run in the order of their calls. */
export class PostgresConnection {
  readonly #dialled: Dialled;
  readonly #client: PgClient;
  readonly #line: Line;
  readonly #context: StatementContext;
  readonly #cancelRoute: CancelRoute;

  constructor(dialled: Dialled, options: ConnectionOptions) {
    this.#dialled = dialled;
    this.#client = internalsOf(dialled.client);
    this.#line = new Line(this.#client);
    this.#context = {
      messages: new Messages(),
      prepared: new PreparedStatements(options.statementCache),
      types: this.#client,
    };
    this.#cancelRoute = { cancel: async () => await this.#cancel(options.cancelTimeout) };
  }

  /** Of the server's process, as in `pg_stat_activity`. */
  get processId(): number {
    return this.#client.processID ?? 0;
  }

  get host(): string {
    return this.#dialled.at.host;
  }

  get port(): number {
    return this.#dialled.at.port;
  }

  /** The driver's own client, for libraries that want one. */
  get client(): pg.Client {
    return this.#dialled.client;
  }

  /** Known without a round trip. */
  get status(): ResourceStatus {
    const transaction = this.#client.getTransactionStatus();
    const inTransaction = transaction === "T" || transaction === "E";
    const busy = this.#line.isBusy || this.#client.readyForQuery !== true;
    return { inTransaction, busy, clean: !inTransaction && !busy };
  }

  /**
   * Runs one statement, or several in one text without values. On abort it is cancelled on the server; the promise settles when that is over.
   * @throws what the driver throws, the signal's reason, or a PoolError `INVALID_ARGUMENT` for what cannot be sent
   */
  async run(statement: PostgresStatement, signal?: AbortSignal): Promise<PostgresResult> {
    signal?.throwIfAborted();
    assertText(statement.text);
    const values = wireValuesOf(statement.values);
    const exchange = new StatementExchange(statement, values, this.#context);
    try {
      return await this.#perform(exchange, signal);
    } catch (error) {
      if (exchange.refusal === undefined || this.status.inTransaction === true) throw error;
      // Refused before anything was executed, so this is not a second execution.
      signal?.throwIfAborted();
      return await this.#perform(
        new StatementExchange({ ...statement, prepare: false }, values, this.#context),
        signal,
      );
    }
  }

  /** One round trip. */
  async validate(signal: AbortSignal): Promise<void> {
    await this.run({ text: "" }, signal);
  }

  /** Says goodbye and lets the socket go; with a statement under way, or where that takes too long for the pool, at once. */
  async close(graceful: boolean): Promise<void> {
    if (!graceful) this.#client.connection.stream.destroy();
    await this.#dialled.client.end();
  }

  async #perform<T>(exchange: Exchange<T> & PgSubmittable, signal: AbortSignal | undefined): Promise<T> {
    this.#line.enter(exchange);
    try {
      return await (signal === undefined ? exchange.outcome : cancellable(exchange, signal, this.#cancelRoute));
    } catch (error) {
      // Its stack leads to the socket; from here it leads to who awaits. Only those who fail pay for it.
      if (error instanceof pg.DatabaseError) Error.captureStackTrace(error);
      throw error;
    } finally {
      this.#line.leave(exchange);
    }
  }

  async #cancel(timeout: number): Promise<void> {
    try {
      await this.#dialled.cancel(AbortSignal.timeout(timeout));
    } catch (cause) {
      // The request may still be on its way, and would hit whatever runs by then.
      this.#client.connection.stream.destroy(
        new PoolError("RESOURCE_LOST", `a cancel was not confirmed within ${timeout} ms`, { cause }),
      );
    }
  }
}
