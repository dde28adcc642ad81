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

/** Runs a statement of which all rows are wanted; see `PostgresConnection.run`. */
export async function runStatement(
  parts: StatementParts,
  statement: PostgresStatement,
  signal?: AbortSignal,
): Promise<PostgresResult> {
  signal?.throwIfAborted();
  const attempt = new Attempt(parts, statement);
  try {
    return await parts.runner.run(attempt.first, signal);
  } catch (error) {
    if (!attempt.maySecond(error)) throw error;
    signal?.throwIfAborted();
    return await parts.runner.run(attempt.second(), signal);
  }
}

/** The same without a signal and a promise; see `PostgresConnection.start`. */
export function startStatement(parts: StatementParts, statement: PostgresStatement, done: Done<PostgresResult>): void {
  const attempt = new Attempt(parts, statement, done);
  parts.runner.start(attempt.first, attempt);
}

/** One statement: with its prepared form where it has one, and once more without where the server would not run that. */
class Attempt implements Done<PostgresResult> {
  readonly first: StatementExchange;
  readonly #parts: StatementParts;
  readonly #statement: PostgresStatement;
  readonly #values: readonly WireValue[];
  readonly #done: Done<PostgresResult> | undefined;

  /** @throws PoolError `INVALID_ARGUMENT` for what cannot be sent */
  constructor(parts: StatementParts, statement: PostgresStatement, done?: Done<PostgresResult>) {
    assertText(statement.text);
    this.#parts = parts;
    this.#statement = statement;
    this.#values = wireValuesOf(statement.values);
    this.#done = done;
    parts.leftovers.note(statement.text);
    this.first = new StatementExchange(statement, this.#values, parts.context);
  }

  resolve(result: PostgresResult): void {
    this.#done?.resolve(result);
  }

  reject(error: unknown): void {
    const done = this.#done;
    if (done === undefined) return;
    if (this.maySecond(error)) this.#parts.runner.start(this.second(), done);
    else done.reject(error);
  }

  /** Refused before anything was executed, so that to run it again is not a second execution. In a transaction there is none. */
  maySecond(error: unknown): boolean {
    const { leftovers, client } = this.#parts;
    if (isReadOnlyRefusal(error)) leftovers.noteRefusedWrite();
    return this.first.refusal !== undefined && client.getTransactionStatus() === "I";
  }

  second(): StatementExchange {
    return new StatementExchange({ ...this.#statement, prepare: false }, this.#values, this.#parts.context);
  }
}
