import { type QueryOptions, type SqlTarget, type Statement } from "@pool/core";
import pg from "pg";
import { type PostgresConnection } from "./connection/connection.js";
import { type CopySource } from "./connection/copy.js";
import { type PostgresResult } from "./connection/statement.js";
import { postgresError } from "./errors.js";

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
   * `batch` are held here. Leaving the loop early closes the cursor. Not bounded by `queryTimeout`.
   */
  stream<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncGenerator<Row, void, undefined>;
  /** `COPY … FROM STDIN` out of anything that gives chunks. Resolves with the number of rows; when `source` fails, nothing is copied. */
  copyFrom(text: string, source: CopySource, options?: QueryOptions): Promise<{ readonly rowCount: number }>;
  /** `COPY … TO STDOUT` as chunks; `Readable.from()` makes a stream of them. */
  copyTo(text: string, options?: QueryOptions): AsyncGenerator<Buffer, void, undefined>;
}

type Target = SqlTarget<PostgresConnection>;

/** The methods beside `query`, written once over what clients, sessions and transactions have in common. */
export function postgresMethods(pool: string): Omit<PostgresMethods, "query"> & ThisType<Target> {
  return {
    stream<Row>(text: string, values: readonly unknown[] = [], options: StreamOptions = {}) {
      const { batch, rowMode, types, ...use } = options;
      const how = { ...(rowMode !== undefined && { rowMode }), ...(types !== undefined && { types }) };
      return held<Row>(pool, this, text, use, (connection, signal) =>
        connection.stream({ text, values, ...how }, { batch, signal }),
      );
    },
    async copyFrom(text, source, options) {
      return await this.use(
        text,
        async (connection, { signal }) => {
          try {
            return await connection.copyFrom(text, source, signal);
          } catch (error) {
            // What the source throws is its caller's, and no news about the connection.
            throw connection.status.busy === true || error instanceof pg.DatabaseError
              ? postgresError(pool, error)
              : error;
          }
        },
        options,
      );
    },
    copyTo(text, options) {
      return held<Buffer>(pool, this, text, options, (connection, signal) => connection.copyTo(text, signal));
    },
  };
}

/** Holds the connection as long as somebody reads. */
async function* held<T>(
  pool: string,
  target: Target,
  text: string,
  options: QueryOptions | undefined,
  open: (connection: PostgresConnection, signal: AbortSignal) => AsyncIterable<unknown>,
): AsyncGenerator<T, void, undefined> {
  const opened = Promise.withResolvers<AsyncIterable<unknown>>();
  const over = Promise.withResolvers<undefined>();
  const using = target.use(
    text,
    async (connection, { signal }) => {
      opened.resolve(open(connection, signal));
      await over.promise;
    },
    // Who asks something else of the session inside the loop would wait for the end of the loop.
    { ...options, alone: true },
  );
  // Either may fail before the other is looked at.
  using.catch(opened.reject);
  over.promise.catch(() => undefined);
  try {
    yield* (await opened.promise) as AsyncIterable<T>; // the caller knows the type of the rows
    over.resolve(undefined);
  } catch (error) {
    over.reject(options?.signal?.aborted === true ? error : postgresError(pool, error));
  } finally {
    over.resolve(undefined);
    await using;
  }
}
