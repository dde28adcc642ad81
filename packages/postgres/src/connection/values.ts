import { PoolError, reasonOf } from "@pool/core";
import { prepareValue } from "pg/lib/utils.js";
import { type WireValue } from "./messages.js";
import { type PostgresStatement } from "./statement.js";

/** The protocol counts parameters in 16 bits. */
const MAX_VALUES = 65_535;
const NUL = "\0";

const NONE: readonly WireValue[] = [];

/** @throws PoolError `INVALID_ARGUMENT`, before anything is sent, for a text that would not arrive as it is */
export function assertText(text: unknown): asserts text is string {
  if (typeof text !== "string") throw invalid(`the text of a statement is a string, not ${typeNameOf(text)}`);
  const at = text.indexOf(NUL);
  if (at !== -1)
    throw invalid(`the text of a statement has a NUL character at position ${at}, which PostgreSQL cannot take`);
}

/**
 * The values as they travel, mapped as pg maps them.
 * @throws PoolError `INVALID_ARGUMENT`, before anything is sent, for what PostgreSQL cannot take
 */
export function wireValuesOf(values: PostgresStatement["values"]): readonly WireValue[] {
  if (values === undefined) return NONE;
  if (!Array.isArray(values)) throw invalid(`the values of a statement are an array, not ${typeNameOf(values)}`);
  if (values.length > MAX_VALUES)
    throw invalid(`a statement takes ${MAX_VALUES} values at most, and this one has ${values.length}`);
  const mapped = new Array<WireValue>(values.length);
  for (let index = 0; index < values.length; index += 1) mapped[index] = wireValueOf(values[index], index);
  return mapped;
}

function wireValueOf(value: unknown, index: number): WireValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : mapped(value, index);
  if (typeof text !== "string") return text;
  if (text.includes(NUL)) throw invalid(`value $${index + 1} has a NUL character, which PostgreSQL cannot take`);
  return text;
}

function mapped(value: unknown, index: number): WireValue {
  try {
    return prepareValue(value) ?? null;
  } catch (cause) {
    throw new PoolError("INVALID_ARGUMENT", `value $${index + 1} cannot be sent: ${reasonOf(cause)}`, { cause });
  }
}

function invalid(message: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", message);
}

function typeNameOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
