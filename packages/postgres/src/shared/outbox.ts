import { type Socket } from "node:net";
import { type Duplex } from "node:stream";
import { Messages } from "../connection/messages.js";

/**
 * What is written to one socket, as few writes as may be: the first statement of a tick goes out at once, so that a lone one loses nothing;
 * those behind it leave together when the tick ends, which is after everything that the replies of one read set off.
 */
export class Outbox {
  readonly #messages = new Messages();
  readonly #stream: Duplex;
  /** The same, for what only sockets have. */
  readonly #socket: { ref(): unknown; unref(): unknown };
  #inTick = false;
  #pending = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#socket = stream as unknown as Socket; // with or without TLS, it is one
  }

  /** For the messages of the next statement; call {@link sent} behind it. */
  get messages(): Messages {
    return this.#messages;
  }

  /** Keeps the process alive while something is under way. */
  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  sent(): void {
    if (this.#inTick) {
      this.#pending = true;
      return;
    }
    this.#inTick = true;
    process.nextTick(this.#endTick);
    this.#write();
  }

  readonly #endTick = (): void => {
    this.#inTick = false;
    if (!this.#pending) return;
    this.#pending = false;
    this.#write();
  };

  #write(): void {
    const bytes = this.#messages.take();
    if (this.#stream.writable) this.#stream.write(bytes);
  }
}
