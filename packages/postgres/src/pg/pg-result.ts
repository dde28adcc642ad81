import type pg from "pg";
import { type PostgresResult } from "../connection/statement.js";

export type PgResult = pg.QueryResult | pg.QueryResult[];

/** Commands whose count the server tells; of all others pg has null. */
const COUNTED: ReadonlySet<string | null> = new Set([
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "MERGE",
  "MOVE",
  "FETCH",
  "COPY",
]);

type Writable = Omit<PostgresResult, "rowCount" | "results"> & {
  rowCount: number | null;
  results?: readonly PostgresResult[];
};

/** The result as pg has it: an array of results where the text had several statements. It is the caller's, so it is changed in place. */
export function pgResultOf(result: PostgresResult): PgResult {
  const { results } = result;
  if (results !== undefined) return results.map(single);
  return single(result);
}

function single(result: PostgresResult): pg.QueryResult {
  const own = result as Writable;
  if (!COUNTED.has(own.command)) own.rowCount = null;
  if (own.results !== undefined) delete own.results;
  return own as unknown as pg.QueryResult; // pg has null too where its types do not say so
}
