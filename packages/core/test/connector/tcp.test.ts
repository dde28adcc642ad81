import { once } from "node:events";
import { createServer, connect as dial, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectAll } from "../../src/connector/connect-all.js";
import type { Connector } from "../../src/connector/connector.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import { defineConnector } from "../../src/connector/define-connector.js";
import { failureOf } from "../support/memory-backend.js";

/** A connector to a line-by-line echo server over one real socket: about what an adapter without a pool would be. */
function echo(port: number, options: { name?: string } = {}): Connector<Socket> {
  return defineConnector<Socket>({
    kind: "echo",
    name: options.name,
    options: { port },
    key: `echo://127.0.0.1:${String(port)}`,
    async open({ signal }) {
      const socket = dial({ port, host: "127.0.0.1" });
      try {
        await once(socket, "connect", { signal });
        await say(socket, "hello", signal);
        return socket;
      } catch (error) {
        socket.destroy();
        throw error;
      }
    },
    async close(socket) {
      socket.destroySoon();
      if (!socket.closed) await once(socket, "close");
    },
    async check(socket, signal) {
      await say(socket, "ping", signal);
      return { localPort: socket.localPort };
    },
    connections: () => 1,
    closeTimeout: 200,
  });
}

async function say(socket: Socket, line: string, signal?: AbortSignal): Promise<string> {
  socket.write(`${line}\n`);
  const [reply] = (await once(socket, "data", signal === undefined ? {} : { signal })) as [Buffer];
  return reply.toString().trim();
}

let server: Server;
let port: number;
let silent: boolean;
const sockets = new Set<Socket>();

beforeEach(async () => {
  silent = false;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    socket.on("data", (data) => silent || socket.write(data));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
});

/** Until the server has noticed what its clients did. */
async function socketsOnServer(count: number): Promise<void> {
  await expect.poll(() => sockets.size, { timeout: 5_000 }).toBe(count);
}

test("real sockets are opened once each, and none is left after close", async () => {
  const registry = await connectAll({ main: echo(port), other: echo(port) });
  await registry.scope("task").connect(echo(port));
  expect(await say(registry.get("main").client, "hi")).toBe("hi");
  expect(await registry.healthCheck()).toMatchObject({
    healthy: true,
    connectors: { main: { details: { localPort: expect.any(Number) as number } } },
  });
  await socketsOnServer(3);
  await registry.close();
  await socketsOnServer(0);
});

test("a refused connect says so, and one that succeeded beside it is closed", async () => {
  const closedServer = createServer().listen(0, "127.0.0.1");
  await once(closedServer, "listening");
  const { port: closedPort } = closedServer.address() as AddressInfo;
  closedServer.close();
  await once(closedServer, "close");
  const error = await failureOf(connectAll({ main: echo(port), gone: echo(closedPort) }));
  expect(error).toMatchObject({
    code: "CONNECT_ALL_FAILED",
    details: { failures: [{ name: "gone", kind: "echo", code: "CONNECT_FAILED" }] },
  });
  expect((error as Error).message).toMatch(/ECONNREFUSED/);
  await socketsOnServer(0);
});

test("a server that accepts and says nothing fails the connect in time, and holds no socket afterwards", async () => {
  silent = true;
  const registry = createRegistry({ main: echo(port) });
  const failure = await failureOf(registry.get("main").connect({ signal: AbortSignal.timeout(50) }));
  expect(failure).toMatchObject({ name: "TimeoutError" });
  await socketsOnServer(0);
  expect(registry.get("main").state).toBe("failed");
  silent = false;
  await registry.get("main").connect();
  silent = true;
  expect(await registry.healthCheck({ timeout: 50 })).toMatchObject({
    healthy: false,
    connectors: { main: { error: { code: "UNAVAILABLE" } } },
  });
  await registry.close({ timeout: 100 });
  await socketsOnServer(0);
});

test("restart puts a new socket behind the same handle", async () => {
  const connector = await echo(port, { name: "main" }).connect();
  const { localPort } = connector.client;
  await connector.restart();
  expect(connector.client.localPort).not.toBe(localPort);
  await socketsOnServer(1);
  await connector.disconnect();
  await socketsOnServer(0);
});
