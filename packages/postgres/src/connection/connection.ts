import { type Done, type ResourceStatus } from "@pool/core";
import type pg from "pg";
import { type Dialled, type ServerFacts } from "../connect/dialled.js";
import { type ConnectionOptions } from "./connection-options.js";
import { copyInto, copyOut, type CopyResult } from "./copy.js";
import { type CopySource } from "./copy-input.js";
import { sayGoodbye } from "./goodbye.js";
import { Leftovers } from "./leftovers.js";
import { Messages } from "./messages.js";
import { internalsOf, type PgClient } from "./pg-internals.js";
import { type ReplyLimit } from "./patience.js";
import { PreparedStatements } from "./prepared.js";
import { Runner } from "./runner.js";
import { type SessionMode } from "./session-dirt.js";
import { StatementExchange, type StatementContext } from "./statement-exchange.js";
import { keptShapes, runStatement, startStatement, type StatementParts, type Translation } from "./statements.js";
import { type PostgresResult, type PostgresStatement } from "./statement.js";
import { rowsOf, type StreamOptions } from "./stream.js";

/** One connection as a pool lends it. Statements issued together run in the order of their calls. */
export class PostgresConnection {
  readonly #dialled: Dialled;
  readonly #client: PgClient;
  readonly #runner: Runner;
  readonly #context: StatementContext;
  readonly #resetMode: SessionMode;
  readonly #leftovers: Leftovers;
  readonly #parts: StatementParts;
  readonly keptShapes: readonly unknown[];

  constructor(dialled: Dialled, options: ConnectionOptions) {
    this.#dialled = dialled;
    this.#client = internalsOf(dialled.client);
    this.#runner = new Runner(dialled, options.cancelTimeout);
    const prepared = new PreparedStatements(options.statementCache);
    this.#context = { messages: new Messages(), prepared, types: this.#client };
    this.#resetMode = options.reset ?? "auto";
    this.#leftovers = new Leftovers(this.#resetMode);
    this.#parts = {
      runner: this.#runner,
      context: this.#context,
      leftovers: this.#leftovers,
      client: this.#client,
    };
    this.keptShapes = keptShapes(this.#parts);
  }

  /** As in `pg_stat_activity`. */
  get processId(): number {
    return this.#client.processID ?? 0;
  }

  /** Where it leads, and what the server says of itself. */
  get server(): ServerFacts {
    return this.#dialled;
  }

  /** The driver's own client. What is done with it cannot be seen here: taking it counts as leaving everything behind. */
  get client(): pg.Client {
    this.#leftovers.noteUnseen();
    return this.#dialled.client;
  }

  get status(): ResourceStatus {
    const transaction = this.#client.getTransactionStatus();
    const inTransaction = transaction === "T" || transaction === "E";
    const busy = this.#runner.isBusy || this.#client.readyForQuery !== true;
    return { inTransaction, busy, clean: !inTransaction && !busy && this.#leftovers.isCleanFor(this.#resetMode) };
  }

  /**
   * Runs one statement, or several in one text without values. On abort it is cancelled on the server; the promise settles when that is over.
   * @throws what the driver throws, the signal's reason, or a PoolError `INVALID_ARGUMENT` for what cannot be sent
   */
  run(statement: PostgresStatement, signal?: AbortSignal): Promise<PostgresResult> {
    return runStatement(this.#parts, statement, signal);
  }

  /** {@link run} without a signal and a promise: `done` is told out of the event in which the reply came. Throws for what cannot be sent. */
  start(statement: PostgresStatement, done: Done<PostgresResult>, said?: Translation): void {
    startStatement(this.#parts, statement, done, said);
  }

  /**
   * The rows of one statement, fetched a batch at a time when they are wanted: memory holds one batch. Nothing is sent before the first row is
   * asked for. Leaving the loop closes the portal, and the connection takes the next statement; until then other statements wait.
   * @throws like {@link run}
   */
  async *stream<Row = Record<string, unknown>>(
    statement: PostgresStatement,
    options: StreamOptions = {},
  ): AsyncGenerator<Row, void, undefined> {
    this.noteDirt(statement.text);
    yield* rowsOf<Row>(this.#runner, this.#context, statement, options);
  }

  /**
   * Runs `COPY … FROM STDIN` with the data of a source, no faster than the server takes it; all or nothing. A source that is not read to its end is ended.
   * @throws what the source throws, the signal's reason, or like {@link run}
   */
  copyFrom(text: string, source: CopySource, signal?: AbortSignal, limit?: ReplyLimit): Promise<CopyResult> {
    return copyInto(this.#parts, text, source, { signal, limit });
  }

  /** What `COPY … TO STDOUT` writes, no faster than it is taken. Leaving the loop cancels it. */
  async *copyTo(text: string, signal?: AbortSignal, limit?: ReplyLimit): AsyncGenerator<Buffer, void, undefined> {
    this.noteDirt(text);
    yield* copyOut(this.#runner, text, { signal, limit });
  }

  /** A text reaches the server by another way than `run`. */
  noteDirt(text: string): void {
    this.#leftovers.note(text);
  }

  /** Cancels what runs, as the abort of its signal would: `run` then rejects with the server's word for it, unless it had finished. */
  cancel(reason: unknown): void {
    this.#runner.cancelRunning(reason);
  }

  /** By statements, those that begin the next one at once among them. */
  get transactionsEnded(): number {
    return this.#leftovers.transactionsEnded;
  }

  /** The lease in hand had a write refused because the transaction or the server takes none. */
  get refusedWrite(): boolean {
    return this.#leftovers.refusedWrite;
  }

  /** Makes the session as if nobody had used it, as far as `mode` goes; rejects where that fails. */
  async reset(mode: SessionMode, signal: AbortSignal): Promise<void> {
    const inTransaction = this.status.inTransaction === true;
    const run = (text: string) => this.#runner.run(new StatementExchange({ text }, [], this.#context), signal);
    if (!(await this.#leftovers.undo(mode, inTransaction, run))) return;
    this.#context.prepared.clear();
    this.#client.connection.parsedStatements = {};
  }

  async validate(signal: AbortSignal): Promise<void> {
    await this.run({ text: "" }, signal);
  }

  /** Says goodbye and lets the socket go. At once with a statement under way, which the server is told to cancel: nobody would hear of it. */
  async close(graceful: boolean): Promise<void> {
    const cancelled = this.#runner.isBusy ? this.#runner.forsake() : undefined;
    await Promise.all([cancelled, sayGoodbye(this.#dialled.client, graceful)]);
  }
}
