import { isPoolError, type QueryOptions, type SqlTarget, type UseContext } from "@pool/core";
import { type PostgresConnection } from "./connection/connection.js";
import { postgresError } from "./errors.js";

/** Holds the connection as long as somebody reads, or until the signal of the work has it cancelled. Asks for none when `check` throws. */
export async function* held<T>(
  check: () => void,
  pool: string,
  target: SqlTarget<PostgresConnection>,
  text: string,
  options: QueryOptions | undefined,
  open: (connection: PostgresConnection, context: UseContext) => AsyncGenerator,
): AsyncGenerator<T, void, undefined> {
  check();
  const opened = Promise.withResolvers<AsyncGenerator>();
  const over = Promise.withResolvers<undefined>();
  let stopped: AbortSignal | undefined;
  const using = target.use(
    text,
    async (connection, context) => {
      const { signal } = context;
      stopped = signal;
      const rows = open(connection, context);
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
  over.promise.catch(() => undefined); // it is looked at by the work alone
  // Of a cancel `use` tells before a server has answered that may never do so: nobody waits for its rows any longer.
  let told: { readonly error: unknown } | undefined;
  let tell: (error: unknown) => void = opened.reject;
  using.catch((error: unknown) => {
    told = { error };
    tell(error);
  });
  const unlessTold = <V>(ask: () => Promise<V>): Promise<V> =>
    new Promise((resolve, reject) => {
      if (told !== undefined) return reject(told.error);
      tell = reject;
      ask().then(resolve, reject);
    });
  let leave: (() => Promise<unknown>) | undefined;
  try {
    const rows = await opened.promise;
    leave = () => rows.return(undefined);
    const more = (): Promise<IteratorResult<unknown>> => rows.next();
    for (let row = await unlessTold(more); row.done !== true; row = await unlessTold(more)) yield row.value as T; // the caller knows its type
    leave = undefined;
  } catch (error) {
    leave = undefined;
    fail(error);
  } finally {
    if (leave !== undefined) await unlessTold(leave).catch(fail);
    over.resolve(undefined);
    await using.catch((error: unknown) => {
      if (leave === undefined || !isEnd(error)) throw error;
    });
  }
}

/** Who ends a session or a transaction inside the loop, and then leaves the loop, knows of it. */
function isEnd(error: unknown): boolean {
  return isPoolError(error, "TRANSACTION_ENDED") || isPoolError(error, "SESSION_ENDED");
}
