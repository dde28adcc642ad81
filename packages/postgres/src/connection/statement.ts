import { type SqlResult } from "@pool/core";
import { type CustomTypesConfig, type FieldDef } from "pg";

/** One statement as a connection runs it. */
export interface PostgresStatement {
  readonly text: string;
  /** Bound, never put into the text. Mapped as pg maps them: dates, buffers, arrays, objects as JSON, `toPostgres`. */
  readonly values?: readonly unknown[] | undefined;
  /** Rows as arrays, for columns of the same name. @default "object" */
  readonly rowMode?: "object" | "array" | undefined;
  /** Type parsers for this statement, instead of the connection's. */
  readonly types?: CustomTypesConfig | undefined;
  /** `true` prepares at the first use, and texts without values as well; `false` never. Default: a text with values, at its second use. */
  readonly prepare?: boolean | undefined;
}

/** What a statement resolves with: the values, fields and names that pg's own result has. */
export interface PostgresResult<Row = Record<string, unknown>> extends SqlResult<Row> {
  readonly rows: Row[];
  /** Rows returned or changed; 0 for a command that counts none, where pg has null. */
  readonly rowCount: number;
  /** First word of what the server calls the command: `SELECT`, `CREATE` …; null after an empty text. */
  readonly command: string | null;
  /** Of an INSERT; null elsewhere. */
  readonly oid: number | null;
  readonly fields: FieldDef[];
  /** Of a text of several statements, the result of each; this result is then the last one. */
  readonly results?: readonly PostgresResult<Row>[];
}
