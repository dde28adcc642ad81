import { onEvent } from "@pool/core";
import { faultProxy } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { redis } from "../../src/index.js";
import { ownServer } from "../support.js";

const { server } = await ownServer();

describe.concurrent("a line that is slow", { timeout: 30_000 }, () => {
  it("is connected to, however long one round trip takes", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.latency(600);
    const connector = await redis({ url: proxy.url(server.url), minIdle: 0, connectTimeout: 20_000 }).connect();
    expect(await connector.client.call("PING")).toBe("PONG");
    await connector.disconnect();
  });

  it("loses no command, whenever it is sent", async () => {
    await using proxy = await faultProxy({ target: server });
    // A command is on its way when that arrives which was opened beside a connection that was silent before.
    const pauses = [0, 50, 70, 120, 150];
    const connectors = await Promise.all(pauses.map(() => redis({ url: proxy.url(server.url), minIdle: 0 }).connect()));
    proxy.latency(350);
    const callers = connectors.map(async ({ client }, at) => {
      for (let n = 0; n < 7; n++) {
        await client.call("INCR", "n");
        await sleep(pauses[at]);
      }
    });
    await Promise.all(callers);
    await Promise.all(connectors.map((each) => each.disconnect()));
  });

  it("is not cut while it is idle", async () => {
    await using proxy = await faultProxy({ target: server });
    const options = { url: proxy.url(server.url), name: "slow-idle", minIdle: 0, pingInterval: 500 };
    const connector = await redis(options).connect();
    const states: string[] = [];
    using _ = onEvent("connector:state", ({ connector: name, to }) => name === "slow-idle" && states.push(to));
    const id = await connector.client.call("CLIENT", "ID");
    proxy.latency(600);
    await sleep(6_000);
    expect(states).toEqual([]);
    expect(await connector.client.call("CLIENT", "ID")).toBe(id);
    await connector.disconnect();
  });
});
