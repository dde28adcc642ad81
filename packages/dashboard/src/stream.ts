import type { IncomingMessage, ServerResponse } from "node:http";

// A reader that takes nothing for so long is gone, or costs more than it sees.
const PATIENCE = 30_000;

/** One reader of server-sent events. One that is slow is told less often: it never has more than one event on its way. */
export class Stream {
  readonly #response: ServerResponse;
  readonly #socket: IncomingMessage["socket"];
  #blockedSince: number | undefined;
  #lastSentAt = performance.now();

  /** Answers with the head of a stream. */
  constructor(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    this.#socket = request.socket;
    this.#socket.setTimeout(0);
    // The connection ends with the stream, so that it does not hold up a server that closes.
    response.writeHead(200, { ...headers, "content-type": "text/event-stream", connection: "close" });
    response.on("drain", () => (this.#blockedSince = undefined));
    response.on("error", () => response.destroy());
  }

  onceClosed(listener: () => void): void {
    this.#response.once("close", listener);
  }

  /** Sends an event, or leaves it out when the one before is still on its way. */
  send(event: string): void {
    const now = performance.now();
    if (this.#blockedSince !== undefined) {
      if (now - this.#blockedSince > PATIENCE) this.#response.destroy();
      return;
    }
    this.#lastSentAt = now;
    if (!this.#response.write(event)) this.#blockedSince = now;
  }

  /** Sends a comment, which nobody sees, when nothing was sent for `ms`: what lies between then keeps the connection. */
  keepAlive(ms: number): void {
    if (performance.now() - this.#lastSentAt >= ms) this.send(": alive\n\n");
  }

  /** The server has been told to close, and waits for this connection. */
  get serverIsClosing(): boolean {
    // Node's servers put themselves on each socket; without that, nothing is known.
    const { server } = this.#socket as { server?: { listening?: boolean } };
    return server?.listening === false;
  }

  end(event: string): void {
    if (this.#blockedSince === undefined) this.#response.end(event);
    else this.#response.destroy();
  }
}
