import { isPoolError, type Connector } from "@pool/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redis, type RedisClient } from "../src/index.js";
import { ownServer } from "./support.js";

const { server } = await ownServer();
let connector: Connector<RedisClient>;
beforeAll(async () => {
  connector = await redis({ url: server.url }).connect();
});
afterAll(() => connector.disconnect());

const GIVEN: readonly unknown[] = [undefined, null, 7, {}, "x", [], () => undefined];

/** What a call ends in that is neither a result nor an error of ours. */
async function strangeOf(work: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  try {
    const made = Object(await work(...args)) as Partial<AsyncDisposable & Disposable>;
    await made[Symbol.asyncDispose]?.();
    made[Symbol.dispose]?.();
    return undefined;
  } catch (error) {
    return isPoolError(error) ? undefined : error;
  }
}

function* argumentLists(): Generator<readonly unknown[]> {
  yield [];
  for (const first of GIVEN) {
    yield [first];
    for (const second of GIVEN) {
      yield [first, second];
      for (const third of GIVEN) yield [first, second, third];
    }
  }
}

type Method = (...args: unknown[]) => unknown;
const methodsOf = (target: object, names: readonly string[]): [string, Method][] =>
  names.map((name) => [name, (Reflect.get(target, name) as Method).bind(target)]);

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
