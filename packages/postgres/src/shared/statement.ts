import pg from "pg";
import { type AnswerSink } from "../connect/answer-sink.js";
import { type Messages, type WireValue } from "../connection/messages.js";
import type { CommandComplete, DataRow, PgSubmittable, PgWire, RowDescription } from "../connection/pg-internals.js";
import { ResultBuilder } from "../connection/result.js";
import { type PostgresResult, type PostgresStatement } from "../connection/statement.js";
import { type PreparedText } from "./prepared.js";
import { type StatementRoute } from "./statement-route.js";

export type { StatementRoute };

/**
 * One statement on its way: what `pg` calls with the replies. An instance of `pg.Query` by its prototype alone, since pg takes nothing else into a
 * pipeline, and the constructor of an event emitter costs as much as the rest.
 */
export class SharedStatement implements PgSubmittable, AnswerSink {
  readonly statement: PostgresStatement;
  readonly wireValues: readonly WireValue[];
  /** When its caller is told that it took too long. */
  readonly deadline: number;
  readonly timeout: number;
  before: SharedStatement | undefined = undefined;
  behind: SharedStatement | undefined = undefined;
  route: StatementRoute | undefined = undefined;
  prepared: PreparedText | undefined = undefined;
  /** Its caller knows how it ended; what is still answered concerns nobody. */
  settled = false;
  /** Sent again after it had certainly not been carried out. */
  repeated = false;
  readonly #resolve: (result: PostgresResult) => void;
  readonly #reject: (error: unknown) => void;
  #abort: { readonly signal: AbortSignal; readonly onAbort: () => void } | undefined = undefined;
  #result: ResultBuilder | undefined = undefined;

  constructor(
    statement: PostgresStatement,
    wireValues: readonly WireValue[],
    deadline: number,
    timeout: number,
    resolve: (result: PostgresResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.statement = statement;
    this.wireValues = wireValues;
    this.deadline = deadline;
    this.timeout = timeout;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(): undefined {
    const { route } = this;
    if (route === undefined) return; // the link sets it before it hands the statement to pg
    const { types, rowMode } = this.statement;
    this.#result = new ResultBuilder(types ?? route.types, rowMode);
    this.put(route.messages, this.#result);
    route.sent();
  }

  /** Its messages, up to the Sync that makes it a transaction of its own. */
  protected put(messages: Messages, result: ResultBuilder): void {
    const { prepared } = this;
    const name = prepared?.name ?? "";
    if (prepared?.state === "ready") {
      if (prepared.shape !== undefined) result.use(prepared.shape);
      messages.bind(name, this.wireValues).execute(0).sync();
      return;
    }
    if (prepared !== undefined) prepared.state = "parsing";
    messages.parse(name, this.statement.text).bind(name, this.wireValues).describePortal().execute(0).sync();
  }

  /** @param onAbort called at most once, and not after it has settled */
  abortWith(signal: AbortSignal, onAbort: () => void): void {
    this.#abort = { signal, onAbort };
    signal.addEventListener("abort", onAbort, { once: true });
  }

  handleRowDescription(message: RowDescription): void {
    this.#result?.describe(message);
  }

  handleDataRow({ fields }: DataRow): void {
    if (!this.settled) this.#result?.addRow(fields);
  }

  takeDescription(bytes: Buffer, start: number, end: number): boolean {
    return this.#result?.takeDescription(bytes, start, end) ?? false;
  }

  takeRow(bytes: Buffer, start: number, end: number): void {
    if (!this.settled) this.#result?.takeRow(bytes, start, end);
  }

  takeCompletion(bytes: Buffer, start: number, end: number): void {
    this.#result?.takeCompletion(bytes, start, end);
  }

  handleCommandComplete(message: CommandComplete): void {
    this.#result?.complete(message);
  }

  handleReadyForQuery(): void {
    const { prepared } = this;
    if (prepared?.state === "parsing") {
      prepared.shape = this.#result?.shape;
      prepared.state = "ready";
    }
    this.route?.answered(this);
  }

  handleError(error: unknown): void {
    this.route?.refused(this, error);
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}

  /** COPY is refused before it is sent. */
  handleCopyInResponse(wire: PgWire): void {
    (wire as PgWire & { sendCopyFail(reason: string): void }).sendCopyFail("COPY is not for shared connections");
  }

  /** With what the server answered; rejects with what a type parser threw. */
  resolve(): void {
    const result = this.#result;
    if (result === undefined || this.settled) return; // it has not been sent
    if (result.failure !== undefined) return this.reject(result.failure.cause);
    this.#settle();
    this.#resolve(result.finish());
  }

  reject(error: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.settled = true;
    this.#abort?.signal.removeEventListener("abort", this.#abort.onAbort);
  }
}

Object.setPrototypeOf(SharedStatement.prototype, pg.Query.prototype as object);
