import type { Connector } from "@pool/core";
import { argumentLists, methodsOf, strangeOf } from "@pool/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redis, type RedisClient } from "../src/index.js";
import { ownServer } from "./support.js";

const { server } = await ownServer();
let connector: Connector<RedisClient>;
beforeAll(async () => {
  connector = await redis({ url: server.url }).connect();
});
afterAll(() => connector.disconnect());

test.each(["call", "use", "watch", "subscribe"])(
  "%s refuses what it cannot take with an error of ours",
  { timeout: 60_000 },
  async (name) => {
    const [[, work] = ["", () => undefined]] = methodsOf(connector.client, [name]);
    for (const args of argumentLists()) expect(await strangeOf(work, args), JSON.stringify(args)).toBeUndefined();
    expect(connector.client.dedicated.stats.leased).toBe(0);
  },
);

test("so do locks, commands, and what is to go with them", { timeout: 60_000 }, async () => {
  const { client } = connector;
  for (const args of argumentLists()) {
    const methods = [
      ...methodsOf(client.lock, ["acquire", "tryAcquire", "use"]),
      ...methodsOf(client.commands, ["get", "set", "del", "mset", "hset", "blpop", "eval", "with"]),
    ];
    for (const [name, work] of methods)
      expect(await strangeOf(work, args), name + JSON.stringify(args)).toBeUndefined();
  }
});
