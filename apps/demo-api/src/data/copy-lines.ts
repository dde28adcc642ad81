import { inParts } from "./in-parts.js";

const ROWS_PER_CHUNK = 500;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** Rows in the text format of PostgreSQL's COPY: a line each, columns between tabs, `\N` for null. */
export function* copyLines(rows: Iterable<object>, columns: readonly string[]): Generator<string> {
  for (const part of inParts(rows, ROWS_PER_CHUNK)) {
    yield part.map((row) => `${columns.map((name) => field(row[name as keyof typeof row])).join("\t")}\n`).join("");
  }
}

function field(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "\\N";
  return String(value).replaceAll(/[\\\t\n\r]/g, (found) => ESCAPES[found] ?? found);
}
