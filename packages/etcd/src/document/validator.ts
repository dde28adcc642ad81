import { PoolError, reasonOf } from "@pool/core";

/** What validation libraries share (standardschema.dev, version 1). */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly version: 1;
    validate(value: unknown): SchemaResult<T> | PromiseLike<SchemaResult<T>>;
  };
}

type SchemaResult<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** How the text of a document becomes what it means. */
export interface DocumentShape<T> {
  /** Reads the text. Throws, or rejects, when it is wrong. @default JSON, as `schema` checks it */
  parse?: (text: string) => T | PromiseLike<T>;
  /** What the document's JSON has to be: of zod, valibot, arktype, or any other that follows Standard Schema. */
  schema?: StandardSchema<T>;
  /** Writes the text, for `update`. @default JSON.stringify */
  serialize?: (value: T) => string;
}

/** The value of a text. @throws PoolError `DOCUMENT_INVALID` that quotes nothing of the text */
export async function readText<T>(where: string, text: string, { parse, schema }: DocumentShape<T>): Promise<T> {
  if (parse !== undefined) {
    try {
      return await parse(text);
    } catch (cause) {
      throw invalid(where, reasonOf(cause), cause);
    }
  }
  const json = readJson(where, text);
  if (schema === undefined) return json as T; // nobody has said what it has to be
  const result = await schema["~standard"].validate(json);
  if (result.issues === undefined) return result.value;
  throw invalid(where, result.issues.map(describeIssue).join("; "));
}

function readJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(where, "it is no JSON"); // the parser's own words quote the text
  }
}

function describeIssue({ message, path }: SchemaIssue): string {
  const keys = (path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

function invalid(where: string, why: string, cause?: unknown): PoolError {
  return new PoolError("DOCUMENT_INVALID", `${where} is not valid: ${why}`, { ...(cause !== undefined && { cause }) });
}
