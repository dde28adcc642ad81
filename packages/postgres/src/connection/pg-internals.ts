import { type EventEmitter } from "node:events";
import { type Duplex } from "node:stream";
import type pg from "pg";

/** What pg's types leave out of a Client, and a Submittable needs. */
export interface PgClient {
  readonly connection: PgWire;
  /** The process of the server, as `pg_stat_activity` has it. */
  readonly processID: number | null;
  /** The server has said that it waits for the next statement. */
  readonly readyForQuery: boolean | null | undefined;
  readonly _queryQueue: readonly unknown[];
  query(submittable: PgSubmittable): unknown;
  getTransactionStatus(): "I" | "T" | "E" | null;
  getTypeParser(oid: number, format?: string): (value: string) => unknown;
}

export interface PgWire extends EventEmitter {
  readonly stream: Duplex;
  /** Names that the driver believes the server to have, with their texts. */
  parsedStatements: Record<string, string>;
}

export interface RowDescription {
  readonly fields: pg.FieldDef[];
}

export interface DataRow {
  readonly fields: (string | null)[];
}

export interface CommandComplete {
  readonly text: string;
}

export interface CopyData {
  readonly chunk: Buffer;
}

/** What pg calls on whatever is passed to `client.query` and has a `submit`. */
export interface PgSubmittable {
  /** Returns an error to have nothing sent and `handleError` called with it. */
  submit(wire: PgWire): Error | undefined;
  handleRowDescription(message: RowDescription): void;
  handleDataRow(message: DataRow): void;
  handleCommandComplete(message: CommandComplete, wire: PgWire): void;
  handlePortalSuspended(wire: PgWire): void;
  handleEmptyQuery(wire: PgWire): void;
  handleCopyInResponse(wire: PgWire): void;
  handleCopyData(message: CopyData, wire: PgWire): void;
  handleError(error: unknown, wire: PgWire): void;
  handleReadyForQuery(wire: PgWire): void;
}

/** The same client, with what pg 8 has and its types do not. */
export function internalsOf(client: pg.Client): PgClient {
  return client as unknown as PgClient;
}
