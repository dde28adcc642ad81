import { faultProxy, startPostgres } from "@pool/testing";
import { postgres } from "../../../src/index.js";

// Closes a connector in one of several states, and says how long that took and how long the process lived on.
const life = process.argv[2];
const server = await startPostgres({ own: true });
const proxy = await faultProxy({ target: server });
const connector = await postgres({ url: proxy.url(server.url), drainTimeout: 500, connectTimeout: 10_000 }).connect();
const { client } = connector;
await client.pool.warm(3);
await client.shared.query("select 1");
await client.listen("news", () => undefined);
void client.query("select pg_sleep(600)", [], { timeout: 60_000 }).catch(() => undefined);
if (life === "stuck lease") await client.acquire();
if (life === "silent peer") proxy.blackHole();
if (life === "frozen") await server.freeze();
if (life === "server gone") await server.kill();
const start = performance.now();
await connector.disconnect();
const closedIn = performance.now() - start;
await proxy[Symbol.asyncDispose]();
await server[Symbol.asyncDispose]();
const done = performance.now();
process.on("exit", () => process.stdout.write(JSON.stringify({ closedIn, endedIn: performance.now() - done })));
