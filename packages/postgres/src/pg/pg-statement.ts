import { PoolError } from "@pool/core";
import type pg from "pg";
import { type PostgresConnection } from "../connection/connection.js";
import { type PostgresStatement } from "../connection/statement.js";

/** What pg calls when the connection takes the next statement: a cursor, a stream of a COPY, a `pg.Query`. */
export interface Submittable extends pg.Submittable {
  callback?: unknown;
  readonly text?: unknown;
  handleError?(error: unknown, connection?: unknown): void;
}

/** A statement as pg's `query` takes it, read. */
export interface PgStatement extends PostgresStatement {
  readonly signal: AbortSignal | undefined;
  /** In ms, in place of the pool's. */
  readonly timeout: number | undefined;
}

/** What pg's own protocol objects have to do: pages of a portal, values as bytes, the extended protocol without values. */
const DRIVER_ONLY = ["binary", "rows", "portal", "queryMode"] as const;

export function isSubmittable(query: unknown): query is Submittable {
  return typeof query === "object" && query !== null && typeof (query as Partial<Submittable>).submit === "function";
}

/** Hands it over. One that does not show its text may do anything. @throws PoolError `INVALID_ARGUMENT` for a text that must not be sent */
export function sendToDriver(query: Submittable, connection: PostgresConnection, driver: pg.Client): void {
  if (typeof query.text !== "string") connection.client.query(query);
  else {
    connection.noteDirt(query.text);
    driver.query(query);
  }
}

/** Is this one of the rarely used options that only pg's own query object knows? */
export function isForDriver(query: unknown): boolean {
  return typeof query === "object" && query !== null && DRIVER_ONLY.some((name) => Boolean(Reflect.get(query, name)));
}

/**
 * @param names texts by the names they were given
 * @throws what pg throws for no query at all, and PoolError `INVALID_ARGUMENT` for a name alone that has not been seen
 */
export function readStatement(query: unknown, values: unknown, names: Map<string, string>): PgStatement {
  if (query === null || query === undefined) throw new TypeError("Client was passed a null or undefined query");
  if (typeof query !== "object") return { text: query as string, values: listOf(values), ...PLAIN };
  const { text, name, rowMode, types, signal, query_timeout: timeout, ...rest } = query as GivenConfig;
  const known = name === undefined || name === "" ? text : textOf(name, text, names);
  return {
    text: known as string, // what is no text, the connection refuses
    values: listOf(values ?? rest.values),
    rowMode: rowMode === "array" ? "array" : undefined,
    types: types as pg.CustomTypesConfig | undefined, // whatever it is, pg would call its getTypeParser too
    prepare: name === undefined || name === "" ? undefined : true,
    signal: signal as AbortSignal | undefined,
    timeout: typeof timeout === "number" && timeout > 0 ? timeout : undefined,
  };
}

/** The callback that a config brings along. */
export function callbackIn(query: unknown): unknown {
  return typeof query === "object" && query !== null ? (query as GivenConfig).callback : undefined;
}

type GivenConfig = Readonly<Partial<Record<keyof PgStatement | "name" | "query_timeout" | "callback", unknown>>>;

const PLAIN = { signal: undefined, timeout: undefined } as const;
/** As many as pg keeps for all its life; here they end somewhere. */
const MOST_NAMES = 10_000;

function listOf(values: unknown): readonly unknown[] | undefined {
  return (values ?? undefined) as readonly unknown[] | undefined; // the connection refuses what is no list
}

function textOf(name: unknown, text: unknown, names: Map<string, string>): unknown {
  if (typeof name !== "string") throw new PoolError("INVALID_ARGUMENT", "the name of a statement is a text");
  const before = names.get(name);
  if (typeof text !== "string" || text === "") {
    if (before !== undefined) return before;
    if (text === "") return text; // a statement that does nothing
    throw new PoolError(
      "INVALID_ARGUMENT",
      "A query must have either text or a name. Supplying neither is unsupported, and this name has not been seen.",
    );
  }
  // The server knows the text under a name of ours, so that two texts of one name do not get into each other's way.
  if (before !== text && (before !== undefined || names.size < MOST_NAMES)) names.set(name, text);
  return text;
}
