import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Served {
  readonly server: Server;
  readonly address: string;
  readonly port: number;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A plain server on loopback over a handler, closed after the test. What the handler leaves alone is answered with 404. */
export async function serve(handle: Handle, { port = 0, cleanUp = onTestFinished } = {}): Promise<Served> {
  const server = createServer((request, response) => {
    if (handle(request, response)) return;
    response.writeHead(404).end("not the dashboard's");
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port: taken } = server.address() as AddressInfo; // it listens on an address
  return { server, address: `http://127.0.0.1:${taken}`, port: taken };
}
