import { onEvent } from "@pool/core";
import { faultProxy, watchSockets } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { redis, type SubscriptionGap } from "../../src/index.js";
import { ownServer } from "../support.js";

const { server, admin } = await ownServer();

describe.concurrent("a line that is slow", { timeout: 30_000 }, () => {
  it("is connected to, however long one round trip takes", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.latency(600);
    const connector = await redis({ url: proxy.url(server.url), minIdle: 0, connectTimeout: 20_000 }).connect();
    expect(await connector.client.call("PING")).toBe("PONG");
    await connector.disconnect();
  });

  it("is connected to by two at once, however long a connect takes, and by none beyond those that are needed", async () => {
    await using proxy = await faultProxy({ target: server });
    using sockets = watchSockets(proxy.port);
    proxy.latency(800);
    const limits = { minIdle: 0, commandTimeout: 20_000, connectTimeout: 20_000, lazy: true };
    const connector = await redis({ url: proxy.url(server.url), ...limits }).connect();
    const { client } = connector;
    let most = 0;
    const looking = setInterval(() => (most = Math.max(most, sockets.open)), 10);
    await Promise.all([client.call("PING"), client.subscribe("news", () => undefined)]);
    clearInterval(looking);
    expect(most).toBeGreaterThan(2); // a connect that takes long may hang
    expect(most).toBeLessThanOrEqual(5); // the shared one is silent at first, and another one tried beside it
    await expect.poll(() => sockets.open, { timeout: 5_000 }).toBe(2);
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

  it("loses nothing that a blocking command has taken whose caller goes", async () => {
    await using proxy = await faultProxy({ target: server });
    const options = { url: proxy.url(server.url), minIdle: 1, validateIfIdleFor: "1m" } as const;
    const connector = await redis(options).connect();
    const { client } = connector;
    proxy.latency(600);
    await client.call("RPUSH", "slow-jobs", "first");
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 20); // it is on its way, and there is something to take
    expect(await client.call("BLPOP", "slow-jobs", 0, { signal: leaving.signal })).toEqual(["slow-jobs", "first"]);
    await connector.disconnect();
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

  it("keeps its subscriptions: every message comes, without a gap", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.latency(550);
    const options = { url: proxy.url(server.url), lazy: true, minIdle: 0, pingInterval: 500 };
    const connector = await redis(options).connect();
    const gaps: SubscriptionGap[] = [];
    let heard = 0;
    await connector.client.subscribe("slow", () => heard++, { onGap: (gap) => gaps.push(gap) });
    for (let n = 0; n < 60; n++) {
      await admin.redis.publish("slow", `${n}`);
      await sleep(50);
    }
    await sleep(800);
    expect(heard).toBe(60);
    expect(gaps).toEqual([]);
    await connector.disconnect();
  });

  it("that loses messages tells of a gap that has all of them in it", async () => {
    await using proxy = await faultProxy({ target: server });
    const connector = await redis({ url: proxy.url(server.url), minIdle: 0, pingInterval: 500 }).connect();
    const gaps: SubscriptionGap[] = [];
    const heard = new Set<string>();
    await connector.client.subscribe("trickle", ({ message }) => heard.add(message), {
      onGap: (gap) => gaps.push(gap),
    });
    await sleep(700);
    // Bytes trickle in, of what was sent longer and longer ago.
    proxy.bandwidth(200, { direction: "downstream", on: "existing" });
    const sent: number[] = [];
    while (gaps.length === 0 && sent.length < 400) {
      sent.push(Date.now());
      await admin.redis.publish("trickle", `${sent.length - 1}`);
      await sleep(10);
    }
    const { since } = gaps[0]!;
    const lost = sent.filter((_, n) => !heard.has(`${n}`));
    expect(lost.length).toBeGreaterThan(10);
    expect(Math.min(...lost)).toBeGreaterThanOrEqual(since.getTime());
    await proxy.heal();
    await connector.disconnect();
  });
});
