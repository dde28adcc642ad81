import { PoolError } from "@pool/core";
import { type DatabaseError } from "pg";
import { type AnswerSink } from "../connect/answer-sink.js";
import { Exchange } from "./exchange.js";
import { assertHow } from "./how.js";
import { type Messages, type WireValue } from "./messages.js";
import type { CommandComplete, DataRow, PgSubmittable, PgWire, RowDescription } from "./pg-internals.js";
import { type Prepared, type PreparedStatements, type Refusal } from "./prepared.js";
import { ResultBuilder } from "./result.js";
import { type Types } from "./row-reader.js";
import { type PostgresResult, type PostgresStatement } from "./statement.js";
import { unreadable } from "./unreadable.js";

const STABLE: ReadonlySet<string> = new Set(["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"]);

/** What the statements of one connection share. */
export interface StatementContext {
  readonly messages: Messages;
  readonly prepared: PreparedStatements;
  readonly types: Types;
}

/** One statement of which all rows are wanted: one write to the socket, one result. */
export class StatementExchange extends Exchange<PostgresResult> implements PgSubmittable, AnswerSink {
  readonly #statement: PostgresStatement;
  readonly #values: readonly WireValue[];
  readonly #messages: Messages;
  readonly #cache: PreparedStatements;
  readonly #result: ResultBuilder;
  #prepared: Prepared | undefined;
  #isCopy = false;
  /** Why the server has run nothing, where the fault is the prepared statement's: it may be run again without one. */
  refusal: Refusal;

  constructor(statement: PostgresStatement, values: readonly WireValue[], context: StatementContext) {
    super();
    assertHow(statement);
    this.#statement = statement;
    this.#values = values;
    this.#messages = context.messages;
    this.#cache = context.prepared;
    this.#result = new ResultBuilder(statement.types ?? context.types, statement.rowMode);
  }

  protected send(wire: PgWire): void {
    const messages = this.#messages;
    const prepared = (this.#prepared = this.#cache.of(this.#statement));
    for (const name of this.#cache.takeClosable()) messages.closeStatement(name);
    if (prepared !== undefined) this.#bindPrepared(prepared);
    else if (this.#isExtended) this.#bindUnnamed();
    else messages.query(this.#statement.text);
    wire.stream.write(messages.take());
  }

  handleRowDescription(message: RowDescription): void {
    this.#result.describe(message);
  }

  handleDataRow({ fields }: DataRow): void {
    this.#result.addRow(fields);
  }

  takeDescription(bytes: Buffer, start: number, end: number): boolean {
    return this.#result.takeDescription(bytes, start, end);
  }

  takeRow(bytes: Buffer, start: number, end: number): void {
    this.#result.takeRow(bytes, start, end);
  }

  takeCompletion(bytes: Buffer, start: number, end: number): void {
    this.#result.takeCompletion(bytes, start, end);
  }

  handleCommandComplete(message: CommandComplete): void {
    this.#result.complete(message);
  }

  handlePortalSuspended(): void {}

  handleEmptyQuery(): void {}

  handleCopyInResponse(wire: PgWire): void {
    this.#isCopy = true;
    const messages = this.#messages.copyFail("no data was given");
    // The Sync sent behind Execute was swallowed as part of the data.
    if (this.#isExtended) messages.sync();
    wire.stream.write(messages.take());
  }

  handleCopyData(): void {
    this.#isCopy = true;
  }

  handleReadyForQuery(): void {
    if (this.#isCopy) this.reject(copyRefused());
    else this.#finish();
  }

  protected override fail(error: DatabaseError): void {
    if (this.#prepared !== undefined) this.refusal = this.#cache.failed(this.#prepared, error);
    this.reject(this.#isCopy ? copyRefused() : error);
  }

  #bindUnnamed(): void {
    this.#messages.parse("", this.#statement.text).bind("", this.#values).describePortal().execute(0).sync();
  }

  /** Parsed and described once; afterwards what is known is not asked again. */
  #bindPrepared({ name, text, isParsed, shape }: Prepared): void {
    const messages = this.#messages;
    if (!isParsed) messages.parse(name, text);
    messages.bind(name, this.#values);
    if (shape === undefined) messages.describePortal();
    else if (shape !== null) this.#result.use(shape);
    messages.execute(0).sync();
  }

  #finish(): void {
    const { failure, shape } = this.#result;
    const result = this.#result.finish();
    if (this.#prepared !== undefined) {
      this.#prepared.isParsed = true;
      if (this.#keepsShape(result.command)) this.#prepared.shape = shape ?? null;
    }
    if (failure === undefined) this.resolve(result);
    else this.reject(unreadable(failure.cause));
  }

  /**
   * Of these the server promises that rows keep their shape, or refuses ("cached plan must not change result type"). Not of a FETCH or an
   * EXECUTE, which take no values.
   */
  #keepsShape(command: string | null): boolean {
    return this.#values.length > 0 && command !== null && STABLE.has(command);
  }

  get #isExtended(): boolean {
    return this.#prepared !== undefined || this.#values.length > 0;
  }
}

function copyRefused(): PoolError {
  return new PoolError(
    "INVALID_ARGUMENT",
    "COPY from STDIN and to STDOUT need copyFrom and copyTo; run as a statement its data is lost",
  );
}
