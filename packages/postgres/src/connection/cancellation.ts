import { type Exchange } from "./exchange.js";

/** The server's `query_canceled`. */
const CANCELED = "57014";

/** What a cancel is for. */
export type Cancelled = Pick<Exchange<unknown>, "isSettled" | "outcome">;

/** How a statement is cancelled, and what becomes of a connection on which that went wrong. */
export interface CancelRoute {
  /**
   * Settles when the server has closed the sockets that carried requests, so that they can hit nothing any more, and the exchange is over.
   * Resolves with why the connection was destroyed instead. Never rejects.
   */
  cancel(exchange: Cancelled): Promise<unknown>;
  /** The same for an exchange that ends by itself: the server has only to answer. */
  expect(exchange: Cancelled): Promise<unknown>;
}

/**
 * The outcome of an exchange, cancelled on the server when the signal aborts. Settles only when both the statement and the cancel are over, so
 * that the cancel never hits the next statement. What had finished before the cancel could hit it resolves with its result: a write that was
 * done is not reported as cancelled.
 * @throws the signal's reason when the statement was cancelled, be it with its connection; the statement's own error when it failed by itself
 */
export async function cancellable<T>(exchange: Exchange<T>, signal: AbortSignal, route: CancelRoute): Promise<T> {
  let cancelling: Promise<unknown> | undefined;
  const onAbort = (): void => {
    if (exchange.isSettled) return;
    if (!exchange.isSent) exchange.abandon(signal.reason);
    else cancelling = exchange.interrupt(signal.reason) ? route.expect(exchange) : route.cancel(exchange);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await exchange.outcome;
  } catch (error) {
    // A reason is its signal's, and may be told to others: what became of the connection is not noted on it.
    const isOurs = cancelling !== undefined && (isCanceled(error) || (await cancelling) !== undefined);
    throw isOurs ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await cancelling;
  }
}

function isCanceled(error: unknown): boolean {
  return error instanceof Error && (error as { readonly code?: unknown }).code === CANCELED;
}
