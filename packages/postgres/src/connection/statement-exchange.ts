import { PoolError, reasonOf } from "@pool/core";
import { Exchange } from "./exchange.js";
import { type Messages, type WireValue } from "./messages.js";
import {
  type CommandComplete,
  type DataRow,
  type PgSubmittable,
  type PgWire,
  type RowDescription,
} from "./pg-internals.js";
import { ResultBuilder } from "./result.js";
import { type Types } from "./row-reader.js";
import { type PostgresResult, type PostgresStatement } from "./statement.js";

/** One statement of which all rows are wanted: one write to the socket, one result. */
export class StatementExchange extends Exchange<PostgresResult> implements PgSubmittable {
  readonly #statement: PostgresStatement;
  readonly #values: readonly WireValue[];
  readonly #messages: Messages;
  readonly #result: ResultBuilder;
  #isCopy = false;

  constructor(statement: PostgresStatement, values: readonly WireValue[], messages: Messages, types: Types) {
    super();
    this.#statement = statement;
    this.#values = values;
    this.#messages = messages;
    this.#result = new ResultBuilder(statement.types ?? types, statement.rowMode);
  }

  protected send(wire: PgWire): void {
    const { text } = this.#statement;
    const messages = this.#messages;
    if (this.#isExtended) messages.parse("", text).bind("", this.#values).describePortal().execute(0).sync();
    else messages.query(text);
    wire.stream.write(messages.take());
  }

  handleRowDescription(message: RowDescription): void {
    this.#result.describe(message);
  }

  handleDataRow(message: DataRow): void {
    this.#result.addRow(message);
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
    else if (this.#result.failure !== undefined) this.reject(unreadable(this.#result.failure.cause));
    else this.resolve(this.#result.finish());
  }

  protected override fail(error: unknown): void {
    this.reject(this.#isCopy ? copyRefused() : error);
  }

  get #isExtended(): boolean {
    return this.#values.length > 0;
  }
}

function copyRefused(): PoolError {
  return new PoolError(
    "INVALID_ARGUMENT",
    "COPY from STDIN and to STDOUT need copyFrom and copyTo; run as a statement its data is lost",
  );
}

function unreadable(cause: unknown): PoolError {
  return new PoolError("STATEMENT_FAILED", `a type parser failed on the statement's rows: ${reasonOf(cause)}`, {
    cause,
  });
}
