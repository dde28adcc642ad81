import { describeValue } from "../options-text.js";
import { invalidArgument } from "./failures.js";
import type { IsolationLevel, QueryOptions, Statement, TransactionOptions } from "./sql.js";
import type { StatementCall } from "./statement-run.js";

const ISOLATION: readonly unknown[] = [
  "read uncommitted",
  "read committed",
  "repeatable read",
  "serializable",
] satisfies IsolationLevel[];
const TRANSACTION_OPTIONS = [
  "isolation",
  "readOnly",
  "mode",
  "signal",
  "label",
  "retries",
  "acquireTimeout",
] satisfies (keyof TransactionOptions)[];

/** Checks what `query` was called with. @throws PoolError `INVALID_ARGUMENT`; the values themselves are never named */
export function readStatement(text: unknown, values: unknown, options: QueryOptions = {}): StatementCall {
  if (typeof text !== "string" || text.trim() === "") throw wrong("query: text", "a statement that is not empty", text);
  if (values !== undefined && !Array.isArray(values))
    throw invalidArgument(`query: values must be an array, got a ${typeof values}`);
  readObject("query: options", options);
  const { signal, timeout, label } = options;
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0))
    throw wrong("query: timeout", "more than 0 ms, or Infinity", timeout);
  readSignal("query", signal);
  return { text, values: values ?? [], label, timeout, signal };
}

/** Checks a batch. @throws PoolError `INVALID_ARGUMENT` that names the statement by its place */
export function readBatch(statements: readonly Statement[]): readonly StatementCall[] {
  if (!Array.isArray(statements)) throw wrong("batch: statements", "an array of { text, values }", statements);
  return statements.map((statement: unknown, index) => {
    readObject(`batch: statement ${String(index)}`, statement);
    const { text, values } = statement as Partial<Statement>;
    return readStatement(text, values);
  });
}

/** Checks the options of a transaction, a begin (`allowed` names which it takes). @throws PoolError `INVALID_ARGUMENT` */
export function readTransactionOptions(
  options: TransactionOptions,
  call: string,
  allowed: readonly (keyof TransactionOptions)[] = TRANSACTION_OPTIONS,
): TransactionOptions {
  readObject(`${call}: options`, options);
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && !(allowed as readonly string[]).includes(key)) {
      throw invalidArgument(`${call}: it takes no option ${JSON.stringify(key)}; it takes ${allowed.join(", ")}`);
    }
  }
  const { isolation, retries, acquireTimeout, signal } = options;
  if (isolation !== undefined && !ISOLATION.includes(isolation))
    throw wrong(`${call}: isolation`, `one of ${ISOLATION.join(", ")}`, isolation);
  if (retries !== undefined && !(Number.isSafeInteger(retries) && retries >= 0))
    throw wrong(`${call}: retries`, "a whole number of at least 0", retries);
  if (acquireTimeout !== undefined && !(typeof acquireTimeout === "number" && acquireTimeout >= 0)) {
    throw wrong(`${call}: acquireTimeout`, "at least 0 ms, or Infinity", acquireTimeout);
  }
  readSignal(call, signal);
  return options;
}

/** Checks a callback. @throws PoolError `INVALID_ARGUMENT` */
export function readWork(work: unknown, call: string): void {
  if (typeof work !== "function") throw wrong(`${call}: work`, "a function", work);
}

/** Checks a bound in ms that the client is made with. @throws PoolError `INVALID_ARGUMENT` */
export function readLimit(name: string, value: unknown): number {
  if (typeof value !== "number" || !(value > 0))
    throw wrong(`createSqlClient: ${name}`, "more than 0 ms, or Infinity", value);
  return value;
}

/** Checks that it may be taken apart. @throws PoolError `INVALID_ARGUMENT` */
export function readObject(what: string, value: unknown): void {
  if (typeof value !== "object" || value === null) throw wrong(what, "an object", value);
}

function readSignal(call: string, signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw wrong(`${call}: signal`, "an AbortSignal", signal);
}

function wrong(what: string, takes: string, got: unknown): Error {
  return invalidArgument(`${what} must be ${takes}, got ${describeValue(got)}`);
}
