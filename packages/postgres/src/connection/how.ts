import { readFlag, wrongArgument } from "@pool/core";
import { type PostgresStatement } from "./statement.js";

interface Types {
  readonly getTypeParser?: unknown;
}

/** @throws PoolError `INVALID_ARGUMENT` that names the field, before anything is sent, for what would fail once rows are there */
export function assertHow(statement: PostgresStatement): void {
  const { rowMode, types, prepare }: Readonly<Partial<Record<keyof PostgresStatement, unknown>>> = statement;
  if (rowMode !== undefined && rowMode !== "object" && rowMode !== "array")
    throw wrongArgument("rowMode", '"object" or "array"', rowMode);
  // Null is pg's own way of leaving it out.
  if (types !== undefined && types !== null && typeof (types as Types).getTypeParser !== "function")
    throw wrongArgument("types", "an object with the function getTypeParser", types);
  readFlag("prepare", prepare);
}
