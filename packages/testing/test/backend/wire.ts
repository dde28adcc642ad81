import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Reply, Request } from "./server.js";

/** The server said no. */
export class ServerError extends Error {
  readonly code: number;
  constructor({ message, code }: NonNullable<Reply["error"]>) {
    super(message);
    this.code = code;
  }
}

/** The connection is gone, or was never there. */
export class WireError extends Error {}

type Body<R> = R extends Request ? Omit<R, "id"> : never;
/** What is asked for and replied to. */
export type Question = Exclude<Body<Request>, { op: "cancel" }>;

/** One connection to the loopback server, as its client sees it. */
export class Wire {
  /** Known after the first reply. */
  session = 0;
  inTransaction = false;
  /** Has a statement left a temporary table behind, or may it have? */
  touched = false;
  readonly socket: Socket;
  readonly #waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>();
  #sent = 0;
  #gone: WireError | undefined;

  constructor(port: number, lost: (cause: unknown) => void) {
    this.socket = connect(port, "127.0.0.1").setNoDelay();
    let cause: Error | undefined;
    this.socket.on("error", (error) => (cause = error));
    this.socket.on("close", () => this.#lose(cause, lost));
    // The interface repeats the socket's errors, and throws those that nobody hears.
    const lines = createInterface({ input: this.socket }).on("error", () => undefined);
    lines.on("line", (line) => this.#take(JSON.parse(line) as Reply));
  }

  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Sends one request. Rejects with a ServerError, or with a WireError when the connection is gone.
   * An abort of the signal cancels it on the server; it settles when the server has replied.
   */
  async ask(question: Question, signal?: AbortSignal): Promise<Reply> {
    signal?.throwIfAborted();
    if (this.#gone) throw this.#gone;
    const id = ++this.#sent;
    const cancel = (): void => this.cancel(id);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#write({ id, ...question });
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Asks the server to stop request `target`, or whatever runs. */
  cancel(target?: number): void {
    if (!this.#gone) this.#write({ id: 0, op: "cancel", ...(target !== undefined && { target }) });
  }

  close(): Promise<void> {
    if (this.socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.once("close", () => resolve());
      this.socket.destroy();
    });
  }

  #write(request: Request): void {
    this.socket.write(`${JSON.stringify(request)}\n`);
  }

  #take(reply: Reply): void {
    const asked = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    this.session = reply.session;
    this.inTransaction = reply.inTransaction;
    if (reply.error) asked?.reject(new ServerError(reply.error));
    else asked?.resolve(reply);
  }

  #lose(cause: Error | undefined, lost: (cause: unknown) => void): void {
    this.#gone = new WireError(cause?.message ?? "the connection was closed", { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
    lost(this.#gone);
  }
}
