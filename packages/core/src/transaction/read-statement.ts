import {
  invalidArgument,
  readFlag,
  readFunction,
  readKeys,
  readLabel,
  readLimit,
  readObject,
  readSignal,
  wrongArgument,
} from "../arguments.js";
import type { QueryOptions, SqlStatement, Statement } from "./sql.js";
import type { StatementCall } from "./statement-run.js";

const QUERY_OPTIONS = ["signal", "timeout", "label"] satisfies (keyof QueryOptions)[];

const IN_STATEMENT = ["text", "values"] satisfies (keyof SqlStatement)[];
const NO_OPTIONS: Asked = { label: undefined, timeout: undefined, signal: undefined, own: undefined };

/**
 * Checks what `query` was called with: text, values and options, or one object with all of it. `own` names the driver's options.
 * @throws PoolError `INVALID_ARGUMENT`; the values themselves are never named
 */
export function readStatement(
  own: readonly string[] | undefined,
  statement: unknown,
  values?: unknown,
  options?: unknown,
): StatementCall {
  if (typeof statement !== "object" || statement === null) return readParts(own, statement, values, options);
  if (values !== undefined || options !== undefined)
    throw invalidArgument("query: values and options belong into the statement object, when there is one");
  const { text, values: bound } = statement as Partial<SqlStatement>;
  return readParts(own, text, bound, statement, IN_STATEMENT);
}

function readParts(
  own: readonly string[] = [],
  text: unknown,
  values: unknown,
  options: unknown,
  beside: readonly string[] = [],
): StatementCall {
  const read = readText("query: text", text);
  if (values !== undefined && !Array.isArray(values))
    throw invalidArgument(`query: values must be an array, got a ${typeof values}`);
  const bound: readonly unknown[] = values ?? [];
  const asked = options === undefined ? NO_OPTIONS : readQueryOptions(own, options, "query", beside);
  // One shape for all of them: what a statement costs is to a good part how well V8 knows its objects.
  return {
    text: read,
    values: bound,
    label: asked.label,
    timeout: asked.timeout,
    signal: asked.signal,
    own: asked.own,
  };
}

/** Checks what `use` was called with. @throws PoolError `INVALID_ARGUMENT` */
export function readUse(statement: unknown, work: unknown, options: unknown = {}): StatementCall {
  const text = readText("use: statement", statement);
  readFunction("use: work", work);
  const { own, ...read } = readQueryOptions(["alone"], options, "use");
  const alone = own?.alone;
  readFlag("use: alone", alone);
  return {
    text,
    values: [],
    work: work as NonNullable<StatementCall["work"]>,
    ...read,
    alone: alone === true,
  };
}

/** Checks a batch. @throws PoolError `INVALID_ARGUMENT` that names the statement by its place */
export function readBatch(statements: readonly Statement[]): readonly StatementCall[] {
  if (!Array.isArray(statements)) throw wrongArgument("batch: statements", "an array of { text, values }", statements);
  return statements.map((statement: unknown, index) => {
    const what = `batch: statement ${String(index)}`;
    readObject(what, statement);
    readKeys(what, statement as object, ["text", "values"]);
    const { text, values } = statement as Partial<Statement>;
    return readParts([], text, values, undefined);
  });
}

type Asked = Pick<StatementCall, "signal" | "timeout" | "label" | "own">;

/** @param beside keys that are read elsewhere */
function readQueryOptions(
  own: readonly string[],
  options: unknown,
  call: string,
  beside: readonly string[] = [],
): Asked {
  readObject(`${call}: options`, options);
  const { signal, timeout, label } = options as QueryOptions;
  readLimit(`${call}: timeout`, timeout);
  readLabel(`${call}: label`, label);
  readSignal(`${call}: signal`, signal);
  return { label, timeout, signal, own: readOwn(own, options as object, call, beside) };
}

/** The driver's own options; undefined where none was given. */
function readOwn(
  own: readonly string[],
  options: object,
  call: string,
  beside: readonly string[],
): Record<string, unknown> | undefined {
  let found: Record<string, unknown> | undefined;
  for (const key of Object.keys(options)) {
    if (isCommon(key) || beside.includes(key)) continue;
    const value: unknown = Reflect.get(options, key);
    if (!own.includes(key)) readKeys(call, { [key]: value }, [...QUERY_OPTIONS, ...own]);
    found ??= {};
    found[key] = value;
  }
  return found;
}

function isCommon(key: string): boolean {
  return (QUERY_OPTIONS as readonly string[]).includes(key);
}

function readText(what: string, text: unknown): string {
  if (typeof text !== "string" || text.trim() === "") throw wrongArgument(what, "a statement that is not empty", text);
  return text;
}
