import { type Dialled } from "../connect/dialled.js";
import { type Messages } from "../connection/messages.js";
import { internalsOf, type PgClient } from "../connection/pg-internals.js";
import { type Types } from "../connection/row-reader.js";
import { isFatal, postgresError, sqlstateOf } from "../errors.js";
import { closed, connectionLost } from "./failures.js";
import { LinkCancels } from "./link-cancels.js";
import { type LinkOwner, type LinkState } from "./link-owner.js";
import { Outbox } from "./outbox.js";
import { PreparedTexts } from "./prepared.js";
import { isCancelled, isStale } from "./refusals.js";
import { type SharedStatement, type StatementRoute } from "./statement.js";
import { StatementList } from "./statement-list.js";

/** One pipelined connection, and what is on it in its order. */
export class Link implements StatementRoute {
  readonly dialled: Dialled;
  readonly types: Types;
  readonly waiting = new StatementList();
  state: LinkState = "active";
  /** When the first of the waiting began to run, as far as can be known here; or when the last one was answered. */
  headSince: number;
  /** A CancelRequest of ours may be on its way, and hit whatever runs. */
  cancelled = false;
  readonly cancels = new LinkCancels();
  answers = 0;
  readonly expiresAt: number;
  /** So old that it is to be replaced; it goes on serving until that has happened. */
  isExpiring = false;
  readonly #isReadOnly: boolean | undefined;
  readonly #owner: LinkOwner;
  readonly #client: PgClient;
  readonly #outbox: Outbox;
  readonly #texts: PreparedTexts;

  constructor(dialled: Dialled, owner: LinkOwner) {
    this.dialled = dialled;
    this.#owner = owner;
    this.types = this.#client = internalsOf(dialled.client);
    this.#outbox = new Outbox(this.#client.connection.stream);
    this.#texts = new PreparedTexts(owner.statementCache);
    this.headSince = owner.now();
    this.expiresAt = this.headSince + owner.lifetime();
    this.#isReadOnly = dialled.isReadOnly;
    this.#outbox.unref();
  }

  /** It takes statements, and goes on to do so. */
  get isServing(): boolean {
    return (this.state === "active" || this.state === "checking") && !this.isExpiring;
  }

  /** The server has become a standby or a primary since it was opened. */
  get hasChangedRole(): boolean {
    return this.dialled.isReadOnly !== this.#isReadOnly;
  }

  get messages(): Messages {
    return this.#outbox.messages;
  }

  send(statement: SharedStatement): void {
    const { prepare, text } = statement.statement;
    const unnamed = prepare === false || statement.repeated || text === "";
    statement.prepared = unnamed ? undefined : this.#texts.use(text, prepare);
    statement.route = this;
    for (const name of this.#texts.takeDoomed()) this.messages.closeStatement(name);
    if (this.waiting.length === 0) {
      this.headSince = this.#owner.now();
      this.#outbox.ref();
    }
    this.waiting.push(statement);
    this.#client.query(statement);
  }

  sent(): void {
    this.#outbox.sent();
  }

  answered(statement: SharedStatement): void {
    if (this.state === "ended") return;
    this.#leave(statement);
    this.answers += 1;
    statement.resolve();
    if (this.#client.getTransactionStatus() !== "I") this.retire();
    this.#proceed();
  }

  refused(statement: SharedStatement, error: unknown): void {
    if (this.state === "ended") return;
    if (sqlstateOf(error) === undefined || isFatal(error)) return this.lose(error);
    this.#leave(statement);
    this.answers += 1;
    const { prepared } = statement;
    const stale = isStale(statement, error);
    if (stale || prepared?.state === "parsing") this.#texts.forget(statement.statement.text, prepared);
    if (!statement.settled && (stale || (this.cancelled && isCancelled(error)))) this.#owner.repeat(statement);
    else statement.reject(postgresError(this.#owner.name, error));
    if (sqlstateOf(error) === "25006") this.#owner.readOnly(this);
    this.#proceed();
  }

  /** Nothing more is sent on it. What is on it is waited for. */
  retire(): void {
    if (this.state !== "active" && this.state !== "checking") return;
    this.state = "retired";
    if (this.waiting.length === 0) this.#end();
  }

  /** The connection broke: the outcome of what is on it is not known. */
  lose(cause: unknown): void {
    this.#abandon(cause, (statement) => connectionLost(this.#owner.name, statement, cause));
  }

  /** Nobody waits for what is on it any longer. */
  dismiss(): void {
    this.waiting.reject((statement) => closed(this.#owner.name, statement));
  }

  /** Ends it at once, whatever is on it. */
  cut(): void {
    this.#abandon(undefined, (statement) => closed(this.#owner.name, statement));
  }

  #abandon(cause: unknown, makeError: (statement: SharedStatement) => Error): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.dialled.destroy();
    this.waiting.reject(makeError);
    this.waiting.clear();
    this.#owner.ended(this, cause);
  }

  #leave(statement: SharedStatement): void {
    this.waiting.remove(statement);
    this.headSince = this.#owner.now();
    if (this.waiting.length === 0) this.#outbox.unref();
  }

  #proceed(): void {
    if (this.state === "retired" && this.waiting.length === 0) this.#end();
    else this.#owner.freed(this);
  }

  #end(): void {
    this.state = "ended";
    this.#owner.ended(this);
  }
}
