import { type Exchange, type ExchangeEvents } from "./exchange.js";
import { frame } from "./framing.js";
import { type Method } from "./protocol.js";
import { connectionBroke, RpcError } from "./rpc-error.js";

/** A call under way. */
export interface PendingReply<A> {
  readonly reply: Promise<A>;
  /** Tells the server that nobody waits any more; the reply stays pending. */
  cancel(): void;
}

/** One request, one reply. Rejects with an {@link RpcError}. */
export function unary<Q, A>(
  method: Method<Q, A>,
  request: Q,
  begin: (events: ExchangeEvents) => Exchange | RpcError,
): PendingReply<A> {
  const framed = frame(method.encode(request));
  const { promise, resolve, reject } = Promise.withResolvers<A>();
  let reply: Buffer | undefined;
  const exchange = begin({
    message: (bytes) => (reply = bytes),
    end: (error) => {
      if (error !== undefined) return reject(error);
      if (reply === undefined) return reject(connectionBroke(true, new Error("success without a reply")));
      try {
        resolve(method.decode(reply));
      } catch (cause) {
        reject(new RpcError("the reply cannot be read", { status: "INTERNAL", answered: true, sent: true, cause }));
      }
    },
  });
  if (exchange instanceof RpcError) return { reply: Promise.reject(exchange), cancel: () => undefined };
  exchange.finish(framed);
  return { reply: promise, cancel: () => exchange.cancel() };
}
