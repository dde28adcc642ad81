import { maskStatement, PoolError, type QueryOptions, type SqlTarget, type Statement } from "@pool/core";
import pg from "pg";
import { readCall } from "./call-arguments.js";
import { type PostgresConnection } from "./connection/connection.js";
import { CopyInput, type CopySource } from "./connection/copy-input.js";
import { type ReplyLimit } from "./connection/patience.js";
import { type PostgresResult } from "./connection/statement.js";
import { postgresError } from "./errors.js";
import { held } from "./held.js";
import { labelled, type Labels } from "./labels.js";

/** What a statement may say beside its text and values. */
export interface PostgresQueryOptions extends QueryOptions {
  /** Rows as objects by column name, or as arrays in the order of the columns. @default "object" */
  rowMode?: "object" | "array";
  /** Parsers of column types for this statement alone. */
  types?: pg.CustomTypesConfig;
  /** `true` prepares at the first use, `false` never. Default: a text with values, at its second use on a connection. */
  prepare?: boolean;
}

export interface StreamOptions extends Omit<PostgresQueryOptions, "prepare"> {
  /** Rows fetched at a time, and so the most that wait in memory. @default 100 */
  batch?: number;
}

/** What PostgreSQL adds to a client, its sessions and its transactions. */
export interface PostgresMethods {
  /** Runs one statement with bound values. */
  query<Row = Record<string, unknown>>(
    statement: string | (Statement & PostgresQueryOptions),
    values?: readonly unknown[],
    options?: PostgresQueryOptions,
  ): Promise<PostgresResult<Row>>;
  /**
   * The rows of one statement as they come, through a cursor: nothing is asked of the server before the first is wanted, and no more than
   * `batch` are held here. Leaving the loop early closes the cursor. `queryTimeout` is for each batch, and not for who reads them; a `timeout`
   * given here is for the whole instead.
   */
  stream<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<Row, void, undefined>;
  /**
   * `COPY … FROM STDIN` out of a text, bytes, or anything that gives chunks of them. Resolves with the number of rows; when `source` fails, at whatever
   * time, nothing is copied and its error is thrown. A source that is not read to its end is ended: a stream is destroyed.
   * `queryTimeout` is for how long the server may take nothing and say nothing; a `timeout` given here is for the whole instead.
   */
  copyFrom(text: string, source: CopySource, options?: QueryOptions): Promise<{ readonly rowCount: number }>;
  /** `COPY … TO STDOUT` as chunks; `Readable.from()` makes a stream of them. Bounded in time as {@link copyFrom} is. */
  copyTo(text: string, options?: QueryOptions): AsyncGenerator<Buffer, void, undefined>;
}

type Target = SqlTarget<PostgresConnection>;

/**
 * The methods beside `query`, written once over what clients, sessions and transactions have in common.
 * @param queryTimeout how long in ms the server may owe an answer; who reads or gives data may be slower
 */
export function postgresMethods(
  pool: string,
  queryTimeout: number,
  labels: Labels | undefined,
): Omit<PostgresMethods, "query"> & ThisType<Target> {
  const limitOf = (text: string, use: QueryOptions = {}): ReplyLimit => ({
    ms: use.timeout === undefined ? queryTimeout : Infinity, // a `timeout` bounds the whole
    error: () => silent(pool, text, use.label, queryTimeout),
  });
  return {
    stream<Row>(text: string, values: readonly unknown[] = [], options?: StreamOptions) {
      const check = (): void => readCall("stream", text, options, ["batch", "rowMode", "types"]);
      const { batch, rowMode, types, ...use } = { ...options };
      const how = { ...(rowMode !== undefined && { rowMode }), ...(types !== undefined && { types }) };
      return held<Row>(check, pool, this, text, use, (connection, { signal, label }) =>
        labelled(labels, connection, text, label, (sent) =>
          connection.stream({ text: sent, values, ...how }, { batch, signal, limit: limitOf(text, use) }),
        ),
      );
    },
    async copyFrom(text, source, options) {
      const input = CopyInput.of(source);
      try {
        readCall("copyFrom", text, options);
        return await this.use(
          text,
          async (connection, { signal, label }) => {
            try {
              const sent = labels === undefined ? text : await labels.label(connection, text, label);
              return await connection.copyFrom(sent, input, signal, limitOf(text, options));
            } catch (error) {
              // What the source throws is its caller's, and so is why it was cancelled: no news about the connection.
              const isNews = connection.status.busy === true || error instanceof pg.DatabaseError;
              throw isNews && error !== signal.reason ? postgresError(pool, error) : error;
            }
          },
          // A source that asks the same session for something would wait for the end of its own COPY.
          { ...options, signal: input.unlessFailed(options?.signal), alone: true },
        );
      } catch (error) {
        input.giveUp();
        throw error;
      }
    },
    copyTo(text, options) {
      const check = (): void => readCall("copyTo", text, options);
      return held<Buffer>(check, pool, this, text, options, (connection, { signal, label }) =>
        labelled(labels, connection, text, label, (sent) => connection.copyTo(sent, signal, limitOf(text, options))),
      );
    },
  };
}

function silent(pool: string, text: string, label: string | undefined, timeout: number): PoolError {
  const statement = maskStatement(text);
  const name = label === undefined ? statement : `${JSON.stringify(label)} (${statement})`;
  const message = `postgres ${JSON.stringify(pool)}: nothing was heard for ${String(timeout)} ms in the middle of ${name}`;
  return new PoolError("QUERY_TIMEOUT", message, { details: { pool, label, statement, timeout } });
}
