import { type Done } from "@pool/core";
import { type Leftovers } from "./leftovers.js";
import { type WireValue } from "./messages.js";
import { type PgClient } from "./pg-internals.js";
import { isReadOnlyRefusal } from "./read-only.js";
import { type Runner } from "./runner.js";
import { StatementExchange, type StatementContext } from "./statement-exchange.js";
import { type PostgresResult, type PostgresStatement } from "./statement.js";
import { assertText, wireValuesOf } from "./values.js";

/** What the statements of one connection work with. */
export interface StatementParts {
  readonly runner: Runner;
  readonly context: StatementContext;
  readonly leftovers: Leftovers;
  readonly client: PgClient;
}

/** How a client says what a connection answers; one for all statements of a client. */
export interface Translation {
  /** Why this result is a failure all the same. */
  refusal(text: string, result: PostgresResult): unknown;
  error(error: unknown): unknown;
}

/** Runs a statement of which all rows are wanted; see `PostgresConnection.run`. */
export async function runStatement(
  parts: StatementParts,
  statement: PostgresStatement,
  signal?: AbortSignal,
): Promise<PostgresResult> {
  signal?.throwIfAborted();
  const attempt = new Attempt(parts, statement);
  try {
    return attempt.noted(await parts.runner.run(attempt.first, signal));
  } catch (error) {
    if (!attempt.maySecond(error)) throw error;
    signal?.throwIfAborted();
    return attempt.noted(await parts.runner.run(attempt.second(), signal));
  }
}

/** The same without a signal and a promise; see `PostgresConnection.start`. */
export function startStatement(
  parts: StatementParts,
  statement: PostgresStatement,
  done: Done<PostgresResult>,
  said?: Translation,
): void {
  const attempt = new Attempt(parts, statement, done, said);
  parts.runner.start(attempt.first, attempt);
}

/** One of each kind of object that comes and goes, for the same reason as core keeps some: V8 forgets what it compiled for kinds that are no more. */
export function keptShapes(parts: StatementParts): readonly unknown[] {
  return [new Attempt(parts, { text: "" }, { resolve: () => undefined, reject: () => undefined })];
}

/** One statement: with its prepared form where it has one, and once more without where the server would not run that. */
class Attempt implements Done<PostgresResult> {
  readonly first: StatementExchange;
  readonly #parts: StatementParts;
  readonly #statement: PostgresStatement;
  readonly #values: readonly WireValue[];
  readonly #done: Done<PostgresResult> | undefined;
  readonly #said: Translation | undefined;
  #isSecond = false;

  /** @throws PoolError `INVALID_ARGUMENT` for what cannot be sent */
  constructor(parts: StatementParts, statement: PostgresStatement, done?: Done<PostgresResult>, said?: Translation) {
    assertText(statement.text);
    this.#parts = parts;
    this.#statement = statement;
    this.#values = wireValuesOf(statement.values);
    this.#done = done;
    this.#said = said;
    parts.leftovers.note(statement.text);
    this.first = new StatementExchange(statement, this.#values, parts.context);
  }

  noted(result: PostgresResult): PostgresResult {
    this.#parts.leftovers.noteDone(this.#statement.text, result);
    return result;
  }

  resolve(result: PostgresResult): void {
    this.noted(result);
    const refusal = this.#said?.refusal(this.#statement.text, result);
    if (refusal === undefined) this.#done?.resolve(result);
    else this.#done?.reject(refusal);
  }

  reject(error: unknown): void {
    if (this.#done === undefined) return;
    if (!this.#isSecond && this.maySecond(error)) this.#parts.runner.start(this.second(), this);
    else this.#done.reject(this.#said === undefined ? error : this.#said.error(error));
  }

  /** Refused before anything was executed, so that to run it again is not a second execution. In a transaction there is none, nor after a cancel. */
  maySecond(error: unknown): boolean {
    const { leftovers, client } = this.#parts;
    if (isReadOnlyRefusal(error)) leftovers.noteRefusedWrite();
    return this.first.refusal !== undefined && !this.first.isCancelled && client.getTransactionStatus() === "I";
  }

  second(): StatementExchange {
    this.#isSecond = true;
    return new StatementExchange({ ...this.#statement, prepare: false }, this.#values, this.#parts.context);
  }
}
