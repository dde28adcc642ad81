import { PoolError } from "@pool/core";
import { assertHow } from "./how.js";
import { type WireValue } from "./messages.js";
import { type DataRow, type PgWire, type RowDescription } from "./pg-internals.js";
import { RowShape, type RowReader } from "./row-reader.js";
import { SilentExchange } from "./silent-exchange.js";
import { type StatementContext } from "./statement-exchange.js";
import { type PostgresStatement } from "./statement.js";
import { unreadable } from "./unreadable.js";

/**
 * One statement whose rows come in batches. Its portal lives until Sync, so that no transaction is needed: between batches there is only
 * Flush. The server sends nothing that was not asked for.
 */
export class CursorExchange extends SilentExchange<undefined> {
  readonly #statement: PostgresStatement;
  readonly #values: readonly WireValue[];
  readonly #batch: number;
  readonly #context: StatementContext;
  #wire: PgWire | undefined;
  #reader: RowReader | undefined;
  #rows: unknown[] = [];
  #isSuspended = false;
  #failure: { readonly reason: unknown } | undefined;
  #delivery = Promise.withResolvers<undefined>();

  constructor(statement: PostgresStatement, values: readonly WireValue[], batch: number, context: StatementContext) {
    super();
    assertHow(statement);
    this.#statement = statement;
    this.#values = values;
    this.#batch = batch;
    this.#context = context;
  }

  /** The next rows, asked for when they are wanted; undefined when there are no more, also because it failed: the outcome says so. */
  async nextRows(): Promise<unknown[] | undefined> {
    if (this.#isSuspended) {
      this.#isSuspended = false;
      this.#delivery = Promise.withResolvers();
      this.#write(this.#context.messages.execute(this.#batch).flush().take());
    }
    await this.#delivery.promise; // resolved for good once it is settled, however that came
    const rows = this.#rows;
    this.#rows = [];
    return rows.length === 0 ? undefined : rows;
  }

  /** No more rows are wanted: closes the portal. */
  stop(): void {
    if (!this.isSent) return this.abandon(new Error("not wanted any more"));
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    this.#write(this.#context.messages.closePortal().sync().take());
  }

  /** Between two batches the server has nothing to cancel. */
  override interrupt(reason: unknown): boolean {
    this.#rows = [];
    if (!this.#isSuspended) return false;
    this.#failure = { reason };
    this.stop();
    return true;
  }

  protected send(wire: PgWire): void {
    this.#wire = wire;
    const { messages, prepared } = this.#context;
    for (const name of prepared.takeClosable()) messages.closeStatement(name);
    messages.parse("", this.#statement.text).bind("", this.#values).describePortal().execute(this.#batch).flush();
    this.#write(messages.take());
  }

  override handleRowDescription({ fields }: RowDescription): void {
    const { types, rowMode } = this.#statement;
    try {
      this.#reader = new RowShape(fields).reader(types ?? this.#context.types, rowMode);
    } catch (cause) {
      this.#failure ??= { reason: unreadable(cause) };
    }
  }

  override handleDataRow({ fields }: DataRow): void {
    if (this.#failure !== undefined) return;
    try {
      this.#rows.push(this.#reader?.(fields));
    } catch (cause) {
      this.#failure = { reason: unreadable(cause) };
    }
  }

  override handlePortalSuspended(): void {
    this.#isSuspended = true;
    if (this.#failure !== undefined) this.stop();
    else this.#delivery.resolve(undefined);
  }

  override handleCommandComplete(): void {
    this.#write(this.#context.messages.sync().take());
  }

  override handleEmptyQuery(): void {
    this.#write(this.#context.messages.sync().take());
  }

  /** The COPY has swallowed the Flush; what ends it must come behind. */
  override handleCopyInResponse(): void {
    this.#failure ??= { reason: new PoolError("INVALID_ARGUMENT", "COPY FROM STDIN needs copyFrom") };
    this.#write(this.#context.messages.copyFail("no data was given").take());
  }

  override handleError(error: unknown, wire: PgWire): void {
    // Until a Sync the server skips all that comes.
    if (this.#wire !== undefined) this.#write(this.#context.messages.sync().take());
    super.handleError(error, wire);
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.resolve(undefined);
    else this.reject(this.#failure.reason);
  }

  protected override resolve(nothing: undefined): void {
    this.#isSuspended = false;
    this.#delivery.resolve(undefined);
    super.resolve(nothing);
  }

  // With the connection the portal is gone, and nothing answers any more.
  protected override reject(error: unknown): void {
    this.#isSuspended = false;
    this.#rows = [];
    this.#delivery.resolve(undefined);
    super.reject(this.#failure === undefined ? error : this.#failure.reason);
  }

  #write(message: Buffer): void {
    this.#wire?.stream.write(message);
  }
}
