import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A socket of a test, and what came in on it. */
export class Raw {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  /** How it ended: "fin", or the code of its error. */
  ending: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on("end", () => (this.ending ??= "fin"));
    socket.on("error", (error: NodeJS.ErrnoException) => (this.ending ??= error.code));
  }

  get text(): string {
    return this.received.toString();
  }

  say(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }
}

export async function open({ port }: { readonly port: number }): Promise<Raw> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  return new Raw(socket);
}

/** A server that sends back what it gets, and knows who is connected. */
export async function echo(at: number | string = 0): Promise<{ port: number; peers: Raw[] } & AsyncDisposable> {
  const peers: Raw[] = [];
  const server: Server = createServer({ noDelay: true }, (socket) => {
    peers.push(new Raw(socket));
    socket.on("data", (chunk) => socket.write(chunk));
  });
  if (typeof at === "string") server.listen(at);
  else server.listen(at, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    peers,
    async [Symbol.asyncDispose]() {
      for (const { socket } of peers) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Waits until something holds. */
export async function until(what: () => boolean): Promise<void> {
  for (let left = 1000; left > 0; left--) {
    if (what()) return;
    await sleep(5);
  }
  throw new Error(`not within 5 s: ${what.toString()}`);
}

/** Long enough for bytes on loopback to arrive, were they to arrive at all. */
export const quiet = (): Promise<void> => sleep(60);
