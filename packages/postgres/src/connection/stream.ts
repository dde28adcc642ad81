import { PoolError } from "@pool/core";
import { CursorExchange } from "./cursor-exchange.js";
import { Patience, type ReplyLimit } from "./patience.js";
import { type Runner } from "./runner.js";
import { type StatementContext } from "./statement-exchange.js";
import { type PostgresStatement } from "./statement.js";
import { assertText, wireValuesOf } from "./values.js";

export interface StreamOptions {
  /** How many rows to fetch at once, and so to hold in memory. @default 100 */
  readonly batch?: number | undefined;
  /** Cancels the statement on the server; the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** For each batch: the statement is cancelled as by the signal. A reader may be as slow as it likes. Default: none. */
  readonly limit?: ReplyLimit | undefined;
}

const DEFAULT_BATCH = 100;
const MAX_BATCH = 1_000_000;

/** The rows of a statement, a batch at a time; see `PostgresConnection.stream`. */
export async function* rowsOf<Row>(
  runner: Runner,
  context: StatementContext,
  statement: PostgresStatement,
  { batch = DEFAULT_BATCH, signal, limit }: StreamOptions,
): AsyncGenerator<Row, void, undefined> {
  signal?.throwIfAborted();
  assertText(statement.text);
  if (!Number.isInteger(batch) || batch < 1 || batch > MAX_BATCH)
    throw new PoolError("INVALID_ARGUMENT", `batch is a whole number from 1 to ${MAX_BATCH}, got ${String(batch)}`);
  const cursor = new CursorExchange(statement, wireValuesOf(statement.values), batch, context);
  const patience = new Patience(limit, signal);
  const over = runner.run(cursor, patience.signal);
  over.catch(() => undefined); // it is awaited below, when the rows are over
  try {
    for (;;) {
      const rows = await patience.during(cursor.nextRows());
      if (rows === undefined) break;
      for (const row of rows) {
        yield row as Row; // what a row is, the caller says
        signal?.throwIfAborted();
      }
    }
  } finally {
    cursor.stop();
    await patience.during(over);
  }
}
