import { isPoolError, type QueryOptions, type SqlTarget } from "@pool/core";
import { type PostgresConnection } from "./connection/connection.js";
import { postgresError } from "./errors.js";

/** Holds the connection as long as somebody reads, or until the signal of the work has it cancelled. */
export async function* held<T>(
  pool: string,
  target: SqlTarget<PostgresConnection>,
  text: string,
  options: QueryOptions | undefined,
  open: (connection: PostgresConnection, signal: AbortSignal) => AsyncGenerator,
): AsyncGenerator<T, void, undefined> {
  const opened = Promise.withResolvers<AsyncGenerator>();
  const over = Promise.withResolvers<undefined>();
  let stopped: AbortSignal | undefined;
  const using = target.use(
    text,
    async (connection, { signal }) => {
      stopped = signal;
      const rows = open(connection, signal);
      // Whoever reads may be waiting for this very end, and never come back for more.
      const onAbort = (): void => void rows.return(undefined).then(() => over.resolve(undefined), fail);
      signal.addEventListener("abort", onAbort, { once: true });
      opened.resolve(rows);
      await over.promise;
    },
    // Who asks something else of the session inside the loop would wait for the end of the loop.
    { ...options, alone: true },
  );
  const fail = (error: unknown): void => over.reject(error === stopped?.reason ? error : postgresError(pool, error));
  // Either may fail before the other is looked at.
  using.catch(opened.reject);
  over.promise.catch(() => undefined);
  let isLeft = true;
  try {
    yield* (await opened.promise) as AsyncIterable<T>; // the caller knows the type of the rows
    isLeft = false;
  } catch (error) {
    isLeft = false;
    fail(error);
  } finally {
    over.resolve(undefined);
    await using.catch((error: unknown) => {
      if (!isLeft || !isEnd(error)) throw error;
    });
  }
}

/** Who ends a session or a transaction inside the loop, and then leaves the loop, knows of it. */
function isEnd(error: unknown): boolean {
  return isPoolError(error, "TRANSACTION_ENDED") || isPoolError(error, "SESSION_ENDED");
}
