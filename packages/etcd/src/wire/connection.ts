import { type ClientHttp2Session } from "node:http2";
import { Exchange, type ExchangeEvents } from "./exchange.js";
import { type CallHeaders, headersOf } from "./headers.js";
import { type Method } from "./protocol.js";
import { connectionBroke, RpcError } from "./rpc-error.js";
import { openSession } from "./session.js";
import { type PendingReply, unary } from "./unary.js";
import { describeEndpoint, type Endpoint, type TlsSettings } from "./socket.js";

/**
 * One connection to one member: HTTP/2, on which calls run side by side. Opened and ended by us, and not by grpc-js, which neither bounds a connect that is
 * accepted and then not answered nor closes its socket, and cannot say of a call that failed whether it was sent.
 */
export class EtcdConnection {
  readonly endpoint: Endpoint;
  readonly #session: ClientHttp2Session;
  readonly #authority: string;
  #open = 0;
  #streams = 0;
  #lastHeard = performance.now();
  #unansweredSince: number | undefined;
  #ended = false;
  #isRetired = false;

  private constructor(endpoint: Endpoint, session: ClientHttp2Session, lost: (cause: unknown) => void) {
    this.endpoint = endpoint;
    this.#session = session;
    this.#authority = describeEndpoint(endpoint);
    session.unref(); // a call has a deadline, whose timer keeps the process alive
    let cause: unknown;
    const end = (why: unknown): void => {
      if (this.#ended) return;
      this.#ended = true;
      lost(why);
    };
    session.on("error", (error: unknown) => (cause = error));
    // Calls under way are still answered; it takes no new ones.
    session.on("goaway", (code) => end(new Error(`${this.#authority} is going away (HTTP/2 code ${String(code)})`)));
    session.on("close", () => end(cause ?? new Error(`${this.#authority} closed the connection`)));
    // It may have gone between its greeting and now.
    if (session.destroyed) queueMicrotask(() => end(new Error(`${this.#authority} closed the connection`)));
  }

  /** Connects, encrypts and greets. At abort it rejects and leaves nothing open. `lost` is called when the connection takes no more calls. */
  static async open(
    endpoint: Endpoint,
    tls: TlsSettings | undefined,
    signal: AbortSignal,
    lost: (cause: unknown) => void,
  ): Promise<EtcdConnection> {
    const session = await openSession(endpoint, tls, signal);
    return new EtcdConnection(endpoint, session, lost);
  }

  /** It takes no more calls. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Calls and streams under way. */
  get open(): number {
    return this.#open;
  }

  /** When something last came from the server, by `performance.now`. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** When the first thing was asked that nothing has been heard since, by `performance.now`. */
  get unansweredSince(): number | undefined {
    return this.#unansweredSince;
  }

  /** One request, one reply. Rejects with an {@link RpcError}. */
  call<Q, A>(method: Method<Q, A>, request: Q, headers: CallHeaders): PendingReply<A> {
    return unary(method, request, (events) => this.#begin(method.path, headers, events));
  }

  /** Messages both ways, until one side ends it; so long it keeps the process alive. @throws RpcError when the connection takes no more */
  stream(path: string, headers: CallHeaders, events: ExchangeEvents): Exchange {
    const exchange = this.#begin(path, headers, events);
    if (exchange instanceof RpcError) throw exchange;
    if (this.#streams++ === 0) this.#session.ref();
    exchange.onClose(() => {
      if (--this.#streams === 0 && !this.#session.destroyed) this.#session.unref();
    });
    return exchange;
  }

  onClose(listener: () => void): void {
    if (this.#session.destroyed) queueMicrotask(listener);
    else this.#session.once("close", listener);
  }

  /** Takes no new calls, and ends with the last one under way. */
  retire(): void {
    this.#ended = true;
    this.#isRetired = true;
    if (this.#open === 0) void this.close();
  }

  /** Ends it at once, with what is under way. */
  async close(): Promise<void> {
    this.#ended = true;
    const session = this.#session;
    if (session.destroyed) return;
    await new Promise<void>((resolve) => {
      session.once("close", resolve);
      session.destroy();
    });
  }

  #begin(path: string, headers: CallHeaders, events: ExchangeEvents): Exchange | RpcError {
    try {
      const stream = this.#session.request(headersOf(path, this.#authority, headers));
      let isOpen = true;
      const closed = (): void => {
        if (isOpen) this.#closed();
        isOpen = false;
      };
      this.#open++;
      this.#unansweredSince ??= performance.now();
      stream.on("response", this.#onHeard);
      stream.on("data", this.#onHeard);
      stream.on("close", closed);
      const end = (error: RpcError | undefined): void => {
        closed(); // sooner than the stream, which is told a turn later
        events.end(error);
      };
      return new Exchange(stream, { message: events.message, end });
    } catch (error) {
      return connectionBroke(false, error);
    }
  }

  readonly #onHeard = (): void => {
    this.#lastHeard = performance.now();
    this.#unansweredSince = undefined;
  };

  #closed(): void {
    this.#open--;
    if (this.#open > 0) return;
    this.#unansweredSince = undefined;
    if (this.#isRetired) void this.close();
  }
}
