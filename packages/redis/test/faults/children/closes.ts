import { faultProxy, startRedis } from "@pool/testing";
import { redis } from "../../../src/index.js";

// Closes a connector in one of several states, and says how long that took and how long the process lived on.
const life = process.argv[2];
const server = await startRedis({ own: true });
const proxy = await faultProxy({ target: server });
const lazily = life === "idle and not closed";
const connector = await redis({ url: lazily ? server.url : proxy.url(server.url), drainTimeout: 500 }).connect();
const { client } = connector;
await client.commands.ping();
await client.use((lent) => lent.ping());
if (!lazily) {
  await client.subscribe("news", () => undefined);
  await client.ioredis().ping();
  void client.commands.blpop("nothing", 0).catch(() => undefined);
}
if (life === "silent peer") proxy.blackHole();
const start = performance.now();
if (!lazily) await connector.disconnect();
const closedIn = performance.now() - start;
await proxy[Symbol.asyncDispose]();
if (!lazily) await server[Symbol.asyncDispose]();
const done = performance.now();
// A server that is left is gone with this process.
process.on("exit", () => process.stdout.write(JSON.stringify({ closedIn, endedIn: performance.now() - done })));
