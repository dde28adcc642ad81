import type { Connection } from "./connection.js";
import type { Session } from "./sql.js";

/** A session for the time of `work`. @throws PoolError `TRANSACTION_OPEN` when the work resolved and left a transaction open */
export async function runSession<R, T>(
  connection: Connection<R>,
  work: (session: Session<R>) => PromiseLike<T>,
): Promise<T> {
  await connection.take();
  const session = new connection.context.handles.Session(connection);
  let result: T;
  try {
    result = await work(session);
  } catch (error) {
    await session.end();
    throw error;
  }
  const leftOpen = await session.end();
  if (leftOpen !== undefined) throw leftOpen;
  return result;
}
