import { type IWatchCreateRequest, type IWatchResponse } from "etcd3";
import { type EtcdConnection } from "../wire/connection.js";
import { type Exchange } from "../wire/exchange.js";
import { frame } from "../wire/framing.js";
import { type Protocol } from "../wire/protocol.js";
import { connectionBroke, RpcError } from "../wire/rpc-error.js";

/** The server does not have the history any more that the watch asks for. */
export class Compacted extends Error {
  readonly compactRevision: bigint;

  constructor(compactRevision: bigint) {
    super("the history was compacted");
    this.compactRevision = compactRevision;
  }
}

export interface WatchStreamOptions {
  readonly connection: EtcdConnection;
  readonly protocol: Protocol;
  readonly token: string | undefined;
  readonly request: IWatchCreateRequest;
  /** The server watches; that was the store's revision. */
  created(revision: bigint): void;
  changes(response: IWatchResponse): void;
}

/** One watch on one stream of one connection. */
export class WatchStream {
  /** Rejects when it ends by itself: with {@link Compacted}, or an {@link RpcError}. */
  readonly ended: Promise<never>;
  readonly #exchange: Exchange;
  readonly #reject: (error: unknown) => void;

  /** @throws RpcError when the connection takes no more */
  constructor({ connection, protocol, token, request, created, changes }: WatchStreamOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined); // it may end while its owner does something else
    this.ended = promise;
    this.#reject = reject;
    const { watch } = protocol;
    const take = (response: IWatchResponse): void => {
      if (response.canceled) this.#fail(cancelled(response));
      else if (response.created) created(BigInt(response.header.revision));
      else changes(response);
    };
    const end = (error = connectionBroke(true, new Error("the server ended the stream"))): void => reject(error);
    const events = { message: (bytes: Buffer) => take(watch.decode(bytes)), end };
    this.#exchange = connection.stream(watch.path, { token, requireLeader: true }, events);
    this.#exchange.write(frame(watch.encode({ create_request: request })));
  }

  /** Holds the server back, or lets it go on. */
  hold(isFull: boolean): void {
    if (isFull) this.#exchange.pause();
    else this.#exchange.resume();
  }

  /** Ends it; `ended` rejects with `why`. */
  close(why: Error): void {
    this.#fail(why);
  }

  #fail(error: Error): void {
    this.#exchange.cancel();
    this.#reject(error);
  }
}

/** Why the server has ended a watch, on a stream that goes on. */
function cancelled({ compact_revision, cancel_reason }: IWatchResponse): Error {
  if (compact_revision !== "0") return new Compacted(BigInt(compact_revision));
  const status = cancel_reason.includes("permission denied") ? "PERMISSION_DENIED" : "UNAVAILABLE";
  return new RpcError(cancel_reason === "" ? "the server cancelled the watch" : cancel_reason, {
    status,
    answered: true,
    sent: true,
  });
}
