import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Address } from "./options.js";

interface Waiting {
  resolve(reply: string): void;
  reject(error: Error): void;
}

/** One connection: a line to the server, a line back, in turn. This is the driver; yours is a package from npm. */
export class SampleConnection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #lost: Error | undefined;
  #space = "default";

  private constructor(socket: Socket, lost: (cause: unknown) => void) {
    this.#socket = socket;
    // The interface repeats the socket's errors, and throws those that nobody hears.
    const lines = createInterface({ input: socket }).on("error", () => undefined);
    lines.on("line", (line) => this.#take(line));
    socket.on("error", (error) => {
      this.#lost = error;
    });
    socket.on("close", () => {
      this.#lost ??= new Error("the connection was closed");
      for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
      lost(this.#lost);
    });
  }

  /** Rejects when the server refuses or the signal aborts, and leaves nothing open. `lost` is called when the connection ends. */
  static async open(address: Address, signal: AbortSignal, lost: (cause: unknown) => void): Promise<SampleConnection> {
    signal.throwIfAborted();
    const socket = connect(address.port, address.host).setNoDelay();
    const connection = new SampleConnection(socket, lost);
    const stop = (): void => void socket.destroy();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await once(socket, "connect", { signal });
      if (address.password !== undefined) await connection.ask("AUTH", address.password);
      signal.throwIfAborted();
      return connection;
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Is a command under way? */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** The part of the store that keys belong to: state of this session, which its borrower may change. */
  get space(): string {
    return this.#space;
  }

  /** Sends one command and resolves with its reply. Arguments are encoded, so none can be taken for a command. */
  async ask(command: "PING" | "AUTH" | "USE" | "GET" | "SET", ...values: readonly string[]): Promise<string> {
    if (this.#lost) throw this.#lost;
    const reply = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${[command, ...values.map(encodeURIComponent)].join(" ")}\n`);
    });
    if (reply.startsWith("ERR ")) throw new Error(reply.slice(4));
    if (command === "USE") this.#space = values[0] ?? "default";
    return reply;
  }

  /** Lets go at once; commands under way reject. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  #take(line: string): void {
    this.#waiting.shift()?.resolve(line);
  }
}
