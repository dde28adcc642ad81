import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { FrameReader } from "./framing.js";
import { connectionBroke, readStatus, type RpcError } from "./rpc-error.js";

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM, HTTP_STATUS_OK: OK } = constants;

/** What becomes of one call: its messages as they come, and once its end. */
export interface ExchangeEvents {
  readonly message: (bytes: Buffer) => void;
  /** The server has ended it, with success (undefined) or an error; or the connection broke. Not called after `cancel`. */
  readonly end: (error: RpcError | undefined) => void;
}

/** One call on its HTTP/2 stream. */
export class Exchange {
  readonly #stream: ClientHttp2Stream;
  readonly #events: ExchangeEvents;
  readonly #frames = new FrameReader();
  #status: { readonly error: RpcError | undefined } | undefined;
  #cause: unknown;
  #over = false;

  constructor(stream: ClientHttp2Stream, events: ExchangeEvents) {
    this.#stream = stream;
    this.#events = events;
    stream.on("response", this.#onHeaders);
    stream.on("trailers", this.#onHeaders);
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("error", this.#onError);
    stream.on("close", this.#onClose);
  }

  write(framed: Buffer): void {
    if (!this.#over) this.#stream.write(framed);
  }

  /** The last that is written. */
  finish(framed: Buffer): void {
    this.#stream.end(framed);
  }

  /** Tells the server that nobody waits any more. Nothing is heard of this exchange afterwards. */
  cancel(): void {
    this.#over = true;
    this.#stream.close(NGHTTP2_CANCEL);
  }

  /** Of its stream, however it ends. */
  onClose(listener: () => void): void {
    this.#stream.once("close", listener);
  }

  /** Lets nothing more come in until {@link resume}: the server is held back by HTTP/2. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  readonly #onHeaders = (headers: IncomingHttpHeaders): void => {
    // As Node gives it, a number. Trailers have none.
    const { ":status": http = OK } = headers as { readonly ":status"?: unknown };
    if (headers["grpc-status"] !== undefined || http !== OK) this.#status = { error: readStatus(headers) };
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#over) return;
    try {
      for (const message of this.#frames.read(chunk)) this.#events.message(message);
    } catch (error) {
      this.#cause = error;
      this.#stream.close(NGHTTP2_CANCEL);
    }
  };

  // Trailers come before it.
  readonly #onEnd = (): void => {
    if (this.#status !== undefined && this.#cause === undefined) this.#settle(this.#status.error);
  };

  readonly #onError = (error: unknown): void => {
    this.#cause ??= error;
  };

  readonly #onClose = (): void => {
    if (this.#status !== undefined && this.#cause === undefined) return this.#settle(this.#status.error);
    // A stream that was refused, or never got a number, has been looked at by no server (RFC 9113, 8.7).
    const { id, rstCode } = this.#stream;
    this.#settle(connectionBroke(id !== undefined && rstCode !== NGHTTP2_REFUSED_STREAM, this.#cause));
  };

  #settle(error: RpcError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.end(error);
  }
}
