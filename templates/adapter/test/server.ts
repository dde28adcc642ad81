import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A small real server on the loopback, for the contract. Yours is the backend itself. */
export interface SampleServer {
  readonly port: number;
  /** How many connections it has. */
  readonly openCount: number;
  /** Cuts every connection. */
  cut(): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(password: string, port = 0): Promise<SampleServer> {
  const store = new Map<string, string>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    serve(socket, store, password);
  });
  await once(server.listen(port, "127.0.0.1"), "listening");

  const cut = async (): Promise<void> => {
    const closed = [...sockets].map((socket) => once(socket, "close"));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  return {
    port: (server.address() as AddressInfo).port,
    get openCount() {
      return sockets.size;
    },
    cut,
    async stop() {
      const closed = once(server, "close");
      server.close();
      await cut();
      await closed;
    },
  };
}

/** One session: a command a line, a reply a line. */
function serve(socket: Socket, store: Map<string, string>, password: string): void {
  let isKnown = false;
  let space = "default";
  const answer = (command = "", key = "", value = ""): string => {
    if (command === "AUTH") isKnown = decodeURIComponent(key) === password;
    if (!isKnown) return "ERR wrong password";
    if (command === "USE") space = key;
    if (command === "SET") store.set(`${space}/${key}`, value);
    if (command === "PING") return `PONG ${space}`;
    if (command !== "GET") return "OK";
    const found = store.get(`${space}/${key}`);
    return found === undefined ? "NONE" : `VALUE ${found}`;
  };
  const lines = createInterface({ input: socket }).on("error", () => undefined);
  lines.on("line", (line) => socket.write(`${answer(...line.split(" "))}\n`));
}
