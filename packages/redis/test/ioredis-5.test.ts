import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { redis } from "../src/index.js";
import { describeContract } from "./describe-contract.js";
import { ownServer } from "./support.js";

// The oldest that the peer range allows, in the place of the newest.
vi.mock("ioredis", () => import("ioredis-5"));

await describeContract("redis on ioredis 5.11", 2);

const { server, admin } = await ownServer();

describe("on ioredis 5.11", () => {
  it("commands, batches, blocking ones, WATCH, subscriptions and clients for libraries work, and nothing is left", async () => {
    expect(Redis).toBe(Redis5);
    const connector = await redis({ url: server.url, name: "five", db: 1, minIdle: 0 }).connect();
    const { client } = connector;
    const { commands, call } = client;
    const asked = Array.from({ length: 100 }, (_, n) => commands.set(`n:${n}`, Buffer.from(`${n}`)));
    expect(await Promise.all(asked)).toEqual(Array(100).fill("OK"));
    expect(await call("MGET", "n:1", "n:99")).toEqual(["1", "99"]);
    expect(await commands.getBuffer("n:7")).toEqual(Buffer.from("7"));
    expect(await commands.multi().incr("n:7").get("n:7").exec()).toEqual([
      [null, 8],
      [null, "8"],
    ]);
    expect(await commands.pipeline().get("n:8").incr("n:8").exec()).toEqual([
      [null, "8"],
      [null, 9],
    ]);
    await expect(commands.lpush("n:1", "x")).rejects.toMatchObject({ code: "COMMAND_FAILED" });
    await expect(call("SELECT", 2)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const heard: string[] = [];
    const news = await client.subscribe("news", ({ message }) => heard.push(message));
    const popped = commands.blpop("queue", 0);
    await commands.publish("news", "first");
    await commands.rpush("queue", "job");
    expect(await popped).toEqual(["queue", "job"]);
    const leaving = commands.with({ signal: AbortSignal.timeout(50) }).blpop("queue", 0);
    await expect(leaving).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await client.watch("n:1", (_, multi) => multi.incr("n:1"))).toEqual([[null, 2]]);
    await expect.poll(() => heard).toEqual(["first"]);
    await client.use((lent) => lent.subscribe("left"));
    expect(await client.use((lent) => lent.client("INFO"))).toMatch(/ db=1 sub=0 /);
    expect(client.dedicated.stats.totals.closedBy["reset-failed"]).toBe(0);
    const handed = client.ioredis();
    expect(handed).toBeInstanceOf(Redis5);
    expect(await handed.get("n:1")).toBe("2");
    const shown = inspect([handed, handed.options, handed.condition], { depth: 9, showHidden: true });
    expect(shown).not.toContain(server.password);
    await admin.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await admin.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await expect.poll(() => commands.get("n:1").catch(() => undefined), { timeout: 5_000 }).toBe("2");
    await expect.poll(() => handed.get("n:1").catch(() => undefined), { timeout: 5_000 }).toBe("2");
    await expect.poll(() => admin.redis.publish("news", "second"), { timeout: 5_000 }).toBe(1);
    await expect.poll(() => heard).toEqual(["first", "second"]);
    await news.unsubscribe();
    await connector.disconnect();
    await expect.poll(() => admin.count(), { timeout: 5_000 }).toBe(0);
  });
});
