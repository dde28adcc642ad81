import { faultProxy } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Message, redis, type SubscriptionGap } from "../src/index.js";
import { ownServer } from "./support.js";

const { server, admin, withClient } = await ownServer();

describe("subscriptions", () => {
  it("call their handler with each message of their channels and patterns, in order, over one connection", async () => {
    await withClient(
      async (client) => {
        const heard: string[] = [];
        const take = ({ channel, message, pattern }: Message) => heard.push(`${pattern ?? ""}:${channel}:${message}`);
        const before = await admin.count();
        await using news = await client.subscribe(["news", "sport"], take);
        await using all = await client.subscribe("n*", take, { patterns: true });
        expect((await admin.count()) - before).toBe(1);
        for (let n = 0; n < 3; n++) await client.commands.publish("news", `${n}`);
        await client.commands.publish("sport", "goal");
        await expect.poll(() => heard.length).toBe(7);
        expect(heard.filter((line) => line.startsWith(":"))).toEqual([":news:0", ":news:1", ":news:2", ":sport:goal"]);
        expect(heard.filter((line) => line.startsWith("n*:"))).toEqual(["n*:news:0", "n*:news:1", "n*:news:2"]);
        await news.unsubscribe();
        expect(await client.commands.publish("sport", "nobody hears")).toBe(0);
        await all.unsubscribe();
        await expect.poll(() => admin.count()).toBe(before);
      },
      { minIdle: 0 },
    );
  });

  it("are iterated over, end with their loop, and tell a reader that is too slow", async () => {
    await withClient(async (client) => {
      const subscription = await client.subscribe("numbers", undefined, { maxBuffered: 5 });
      for (let n = 0; n < 3; n++) await client.commands.publish("numbers", `${n}`);
      const seen: string[] = [];
      for await (const { message } of subscription) {
        seen.push(message);
        if (message === "2") break;
      }
      expect(seen).toEqual(["0", "1", "2"]);
      expect(await client.commands.publish("numbers", "3")).toBe(0);
      const slow = await client.subscribe("numbers", undefined, { maxBuffered: 5 });
      for (let n = 0; n < 20; n++) await client.commands.publish("numbers", `${n}`);
      await sleep(50);
      const read = async () => {
        for await (const { message } of slow) seen.push(message);
      };
      await expect(read()).rejects.toMatchObject({ code: "QUEUE_FULL" });
      expect(seen.length).toBe(3 + 5);
    });
  });

  it("come back after an outage, and say that something may have been missed", async () => {
    await withClient(async (client) => {
      const heard: string[] = [];
      const gaps: SubscriptionGap[] = [];
      await using _ = await client.subscribe("news", ({ message }) => heard.push(message), {
        onGap: (gap) => gaps.push(gap),
      });
      await server.kill();
      await sleep(100);
      await server.start();
      await expect
        .poll(async () => await client.commands.publish("news", "again").catch(() => 0), { timeout: 10_000 })
        .toBe(1);
      await expect.poll(() => heard).toContain("again");
      expect(gaps).toHaveLength(1);
      expect(gaps[0]?.since.getTime()).toBeLessThanOrEqual(gaps[0]?.until.getTime() ?? 0);
    });
  });

  it("reject with the server's refusal, the signal's reason or a timeout, and leave nothing behind", async () => {
    await admin.redis.acl("SETUSER", "deaf", "on", ">deaf secret", "~*", "resetchannels", "&allowed", "+@all");
    await withClient(
      async (client) => {
        await expect(client.subscribe("forbidden", () => undefined)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
        await expect(client.subscribe([], () => undefined)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
        const aborted = { signal: AbortSignal.abort(new Error("gone")) };
        await expect(client.subscribe("allowed", () => undefined, aborted)).rejects.toThrow("gone");
        const controller = new AbortController();
        await using allowed = await client.subscribe("allowed", () => undefined, { signal: controller.signal });
        expect(allowed.names).toEqual(["allowed"]);
        controller.abort();
        await expect.poll(() => admin.redis.publish("allowed", "x")).toBe(0);
      },
      { user: "deaf", password: "deaf secret" },
    );
  });

  it("that end and begin in one turn stay on one connection, and tell each message once", async () => {
    await withClient(
      async (client) => {
        const before = await admin.count();
        let heard: string[] = [];
        const take = ({ message }: Message) => heard.push(message);
        let last = await client.subscribe("turns", take);
        for (let n = 0; n < 20; n++) {
          const ended = last.unsubscribe();
          const [next] = await Promise.all([client.subscribe("turns", take), n % 2 === 0 ? ended : undefined]);
          last = next;
          heard = [];
          expect(await client.commands.publish("turns", `${n}`)).toBe(1);
          await expect.poll(() => heard.length).toBeGreaterThan(0);
          expect(heard).toEqual([`${n}`]);
          await ended;
          expect((await admin.count()) - before).toBe(1);
        }
        await last.unsubscribe();
        await expect.poll(() => admin.count()).toBe(before);
      },
      { minIdle: 0 },
    );
  });

  it("of one name that end and begin in one turn leave the server with the last word", async () => {
    await withClient(async (client) => {
      await using _ = await client.subscribe("another", () => undefined);
      let last = await client.subscribe("word", () => undefined);
      for (let n = 0; n < 20; n++) {
        const ended = last.unsubscribe();
        last = await client.subscribe("word", () => undefined);
        await ended;
        expect(await admin.redis.publish("word", "x")).toBe(1);
      }
      const begun = client.subscribe("word", () => undefined);
      await last.unsubscribe();
      await (await begun).unsubscribe();
      expect(await admin.redis.publish("word", "x")).toBe(0);
    });
  });

  it("that are refused leave no connection; one that is refused after an outage ends alone", async () => {
    await admin.redis.acl("SETUSER", "half", "on", ">half secret", "~*", "resetchannels", "&kept", "&taken", "+@all");
    await withClient(
      async (client) => {
        const before = await admin.count();
        for (let n = 0; n < 5; n++)
          await expect(client.subscribe("forbidden", () => undefined)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
        await expect.poll(() => admin.count()).toBe(before);
        const heard: string[] = [];
        const errors: unknown[] = [];
        const onError = (error: unknown) => errors.push(error);
        await using _ = await client.subscribe("kept", ({ message }) => heard.push(message));
        const read = await client.subscribe(["kept", "taken"]);
        await using _handled = await client.subscribe("taken", () => undefined, { onError });
        // The server hangs up on who listens to what it may not hear any more.
        await admin.redis.acl("SETUSER", "half", "resetchannels", "&kept");
        await expect(read[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ACCESS_DENIED" });
        await expect.poll(() => errors).toEqual([expect.objectContaining({ code: "ACCESS_DENIED" })]);
        await expect.poll(() => admin.redis.publish("kept", "still")).toBe(1);
        await expect.poll(() => heard).toContain("still");
        expect((await admin.count()) - before).toBe(1);
      },
      { user: "half", password: "half secret", minIdle: 0 },
    );
  });

  it("that are given up are told so at once, however silent the server is, and end with a connection that nobody waits for", async () => {
    await using proxy = await faultProxy({ target: server });
    await withClient(
      async (client) => {
        const first = await client.subscribe("first", () => undefined);
        proxy.blackHole();
        const start = performance.now();
        const given = client.subscribe("second", () => undefined, { signal: AbortSignal.timeout(50) });
        await expect(given).rejects.toMatchObject({ name: "TimeoutError" });
        expect(performance.now() - start).toBeLessThan(1_500);
        await proxy.heal();
        await first.unsubscribe();
        await expect.poll(() => admin.count("given-up"), { timeout: 10_000 }).toBe(1);
        proxy.latency(200, { on: "new" });
        const opening = client.subscribe("third", () => undefined, { signal: AbortSignal.timeout(20) });
        await expect(opening).rejects.toMatchObject({ name: "TimeoutError" });
        await sleep(1_500);
        expect(await admin.count("given-up")).toBe(1);
      },
      { url: proxy.url(server.url), name: "given-up", minIdle: 0, commandTimeout: 2_000 },
    );
  });

  it("that wait for a connection end with the connector, whatever else it waits for", async () => {
    await using proxy = await faultProxy({ target: server });
    const options = { url: proxy.url(server.url), lazy: true, connectTimeout: "1m", drainTimeout: "1s" } as const;
    const connector = await redis(options).connect();
    proxy.hang();
    const waiting = connector.client.subscribe("news", () => undefined);
    const command = connector.client.commands.ping();
    await sleep(50);
    const closed = connector.disconnect();
    const order: string[] = [];
    await Promise.all([
      expect(waiting)
        .rejects.toMatchObject({ code: "POOL_CLOSED" })
        .then(() => order.push("subscription")),
      expect(command)
        .rejects.toMatchObject({ code: expect.any(String) as string })
        .then(() => order.push("command")),
      closed,
    ]);
    expect(order).toEqual(["subscription", "command"]);
  });
});
