import { PoolError } from "@pool/core";
import { type PostgresStatement } from "../connection/statement.js";
import { type SharedQueryOptions, type SharedStatementObject } from "./shared.js";

/** One call of `query`, its three arguments in one. */
export interface SharedCall extends PostgresStatement {
  readonly signal?: AbortSignal | undefined;
  /** In ms; `Infinity` sets none. */
  readonly timeout?: number | undefined;
  readonly label?: string | undefined;
}

const OPTIONS = new Set(["signal", "timeout", "label", "rowMode", "types", "prepare"]);

/** @throws PoolError `INVALID_ARGUMENT` for an option that is not known, or has a value that it cannot have */
export function readCall(
  statement: string | SharedStatementObject,
  values?: readonly unknown[],
  options?: SharedQueryOptions,
): SharedCall {
  if (typeof statement === "string" && options === undefined) return { text: statement, values };
  const call: SharedCall =
    typeof statement === "string"
      ? { ...options, text: statement, values }
      : { ...options, ...statement, ...(values && { values }) };
  for (const key in call) {
    if (key === "text" || key === "values" || OPTIONS.has(key)) continue;
    throw invalid(`unknown option ${JSON.stringify(key)}; known are text, values, ${[...OPTIONS].join(", ")}`);
  }
  const { timeout, signal, rowMode }: { timeout?: unknown; signal?: unknown; rowMode?: unknown } = call;
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0))
    throw invalid("timeout must be a number of milliseconds above 0, or Infinity");
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal must be an AbortSignal");
  if (rowMode !== undefined && rowMode !== "object" && rowMode !== "array")
    throw invalid('rowMode must be "object" or "array"');
  return call;
}

function invalid(what: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", `shared query: ${what}`);
}
