import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createPool, type ResourceFactory } from "@pool/core";

// A server that answers each line with the same line, in capitals.
const server = createServer((socket) => socket.on("data", (data) => socket.write(data.toString().toUpperCase())));
await once(server.listen(0, "127.0.0.1"), "listening");
const address = server.address() as { port: number }; // it listens on a port

const echo: ResourceFactory<Socket> = {
  kind: "echo",
  // Opens one. `lost` tells the pool when it dies while nobody looks.
  async create({ signal, lost }) {
    const socket = connect(address.port, "127.0.0.1");
    socket.on("error", lost).on("close", () => lost());
    await once(socket, "connect", { signal });
    return socket;
  },
  // One cheap round trip, asked before one is lent that was idle for long.
  validate: async (socket) => {
    if ((await ask(socket, "ping")) !== "PING") throw new Error("it has lost its mind");
  },
  close: (socket) => {
    socket.destroy();
  },
};

await using pool = createPool(echo, { maxSize: 3 });
console.log(await Promise.all(["one", "two", "three", "four"].map((word) => pool.use((socket) => ask(socket, word)))));
console.log(`by ${pool.stats.totals.created} connections`);

// A connection that dies is replaced, and nobody is lent a dead one.
await pool.use(async (socket) => {
  socket.destroy();
  await once(socket, "close");
});
console.log(await pool.use((socket) => ask(socket, "again")));
server.close();

async function ask(socket: Socket, word: string): Promise<string> {
  socket.write(word);
  const [reply] = (await once(socket, "data")) as [Buffer];
  return reply.toString();
}
