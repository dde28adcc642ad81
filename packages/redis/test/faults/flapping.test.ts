import { faultProxy, mostPerSecond, startRedis, watchSockets } from "@pool/testing";
import { expect, it } from "vitest";
import { redis } from "../../src/index.js";
import { flap } from "./kinds.js";

// The shared connection, that for messages and those of the pool are opened by three that know nothing of one another.
it("a server that comes and goes costs less than 20 connects in any second, whatever is open", async () => {
  await using server = await startRedis({ own: true });
  await using proxy = await faultProxy({ target: server });
  using sockets = watchSockets(proxy.port);
  const options = { maxSize: 5, minIdle: 5, acquireTimeout: 1_000, commandTimeout: 1_000 };
  const connector = await redis({ url: proxy.url(server.url), ...options }).connect();
  const { client } = connector;
  await client.subscribe("news", () => undefined);
  const from = performance.now();
  const working = setInterval(() => {
    void client.commands.incr("n").catch(() => undefined);
    void client.use((lent) => lent.incr("n")).catch(() => undefined);
  }, 20);
  await flap({ proxy }, 8);
  clearInterval(working);
  const during = sockets.startedAt.filter((time) => time >= from);
  await client.commands.incr("n");
  await connector.disconnect();
  expect(during.length).toBeGreaterThan(20);
  expect(mostPerSecond(during)).toBeLessThan(20);
});
