import { type SqlClient, type SqlResult, type Statement, traced, type TransactionOptions } from "@pool/core";
import { sqliteDriver } from "./driver.js";
import { type SqliteHandle } from "./handle/handle.js";
import { type Dispatcher } from "./lane/dispatcher.js";

// Enough to make the way there and back cheap; what is longer goes statement by statement, so that each has the query timeout for itself.
const MOST_AT_ONCE = 1_000;

const queries = traced("pool:query");
const transactions = traced("pool:transaction");

/**
 * `client.batch`, in one message to the writer where that shows no difference. With retries, on a reader, with a wait of its own, or when
 * somebody listens to single statements, it is core's: a transaction like any other.
 */
export function makeBatch(client: SqlClient<SqliteHandle>, dispatcher: Dispatcher): SqlClient<SqliteHandle>["batch"] {
  return async (statements, options = {}): Promise<SqlResult[]> => {
    if (!isPlain(statements, options)) return await client.batch(statements, options);
    const [begin = "begin immediate"] = sqliteDriver.begin(options);
    const { signal, label } = options;
    return await dispatcher.batch(statements, begin, {
      ...(signal !== undefined && { signal }),
      ...(label !== undefined && { label }),
    });
  };
}

function isPlain(statements: readonly Statement[], options: TransactionOptions): boolean {
  if (queries.hasSubscribers || transactions.hasSubscribers) return false;
  // What is wrong with the arguments is core's to say.
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > MOST_AT_ONCE) return false;
  if (
    !statements.every(
      (statement: Partial<Statement> | null) => typeof statement?.text === "string" && statement.text.trim() !== "",
    )
  )
    return false;
  if (typeof options !== "object" || (options as unknown) === null) return false;
  if (options.label !== undefined && typeof options.label !== "string") return false;
  return Object.keys(options).every((name) => name === "mode" || name === "signal" || name === "label");
}
