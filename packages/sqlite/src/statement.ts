import {
  invalidArgument,
  type QueryOptions,
  readKeys,
  readLabel,
  readLimit,
  readObject,
  readSignal,
  wrongArgument,
} from "@pool/core";
import { type Values } from "./helper/protocol.js";

/** A statement as one object, with its options beside its text. */
export interface SqliteStatement extends QueryOptions {
  readonly text: string;
  readonly values?: Values;
}

/** Takes a statement object apart. @throws PoolError `INVALID_ARGUMENT` */
export function readStatementObject(
  where: string,
  statement: unknown,
  ...beside: readonly unknown[]
): [text: string, values: Values | undefined, options: QueryOptions] {
  if (typeof statement !== "object" || statement === null)
    throw wrongArgument(`${where}: text`, "a statement that is not empty", statement);
  if (beside.some((argument) => argument !== undefined))
    throw invalidArgument(`${where}: values and options belong into the statement object, when there is one`, "values");
  const { text, values, ...options } = statement as Partial<SqliteStatement>;
  return [readText(where, text), values, options];
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function readText(where: string, text: unknown): string {
  if (typeof text === "string" && text.trim() !== "") return text;
  throw wrongArgument(`${where}: text`, "a statement that is not empty", text);
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function readQueryOptions(where: string, options: QueryOptions): void {
  readObject(`${where}: options`, options);
  readKeys(`${where}: query`, options, ["signal", "timeout", "label"]);
  readSignal(`${where}: signal`, options.signal);
  readLimit(`${where}: timeout`, options.timeout);
  readLabel(`${where}: label`, options.label);
}
