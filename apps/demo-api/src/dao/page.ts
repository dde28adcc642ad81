import { ApiError } from "../errors.js";

/** One page of a list. `next` is the cursor of the page behind it, or null at the end. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** Where a page begins: behind the row with this value in the sorted column, and this id among its equals. */
export interface Position {
  readonly value: string | number;
  readonly id: number;
}

/**
 * Makes a page of `rows`, of which the caller asked the database for one more than `limit`.
 * Paging goes by key and not by offset: a page costs the same however deep it lies, and rows that come or go meanwhile shift nothing.
 */
export function toPage<T extends { id: number }>(
  rows: T[],
  limit: number,
  sort: string,
  valueOf: (row: T) => string | number,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, next: more ? writeCursor(sort, { value: valueOf(last), id: last.id }) : null };
}

function writeCursor(sort: string, { value, id }: Position): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString("base64url");
}

/**
 * The position that a cursor holds.
 * @throws ApiError `INVALID_CURSOR` when it is none of ours, or belongs to a list that is sorted another way
 */
export function readCursor(cursor: string | undefined, sort: string, type: "string" | "number"): Position | undefined {
  if (cursor === undefined) return undefined;
  const [of, value, id] = decode(cursor);
  if (of !== sort) throw invalid(`this cursor is not of a list sorted by ${sort}`);
  if (typeof value !== type || !Number.isSafeInteger(id)) throw invalid("this is no cursor that this service gave out");
  return { value: value as string | number, id: id as number };
}

function decode(cursor: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(decoded) && decoded.length === 3) return decoded as unknown[];
  } catch {
    // What does not parse is refused below, like everything else that is no cursor.
  }
  throw invalid("this is no cursor that this service gave out");
}

function invalid(message: string): ApiError {
  return new ApiError(400, "INVALID_CURSOR", message);
}
