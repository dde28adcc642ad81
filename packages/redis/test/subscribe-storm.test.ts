import { seededRandom } from "@pool/testing";
import { expect, it } from "vitest";
import { redis, type RedisClient, type Subscription } from "../src/index.js";
import { ownServer } from "./support.js";

const { server, admin } = await ownServer();

const NAMES = ["a:1", "a:2", "b:1", "b:2"];
const PATTERNS = ["a:*", "b:*"];
const STEPS = 60;

/** One subscriber, and how often it has heard of each message. */
interface Listener {
  readonly names: readonly string[];
  readonly heard: Map<string, number>;
  readonly subscription: Subscription;
}

it.each([1, 2, 3, 4])(
  "a storm of subscriptions, seed %i: each hears each message once, over one connection",
  async (seed) => {
    const random = seededRandom(seed);
    const connector = await redis({ url: server.url, name: `storm-${seed}`, minIdle: 0 }).connect();
    const listeners = new Set<Listener>();
    const ending: Promise<unknown>[] = [];
    let sent = 0;
    for (let step = 0; step < STEPS; step++) {
      const beginning: Promise<unknown>[] = [];
      for (let turn = 0; turn < 6; turn++) {
        const dice = random();
        const [one] = listeners;
        if (dice < 0.45) beginning.push(begin(connector.client, random, listeners));
        else if (dice < 0.9 && one !== undefined) {
          listeners.delete(one);
          ending.push(one.subscription.unsubscribe());
        } else if (dice < 0.95) await admin.redis.publish(NAMES[step % NAMES.length] ?? "", `${++sent}`);
        else await admin.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
      }
      await Promise.all(beginning);
      if (random() < 0.5) await Promise.all(ending.splice(0));
      expect(await ears()).toBeLessThanOrEqual(1);
      if (step % 6 === 5) await hearsOnce(listeners, () => `${++sent}`);
    }
    for (const { heard } of listeners) expect([...heard.values()].filter((times) => times > 1)).toEqual([]);
    await Promise.all([...ending, ...[...listeners].map(({ subscription }) => subscription.unsubscribe())]);
    await expect.poll(() => admin.count(`storm-${seed}`)).toBe(1);
    expect(await ears()).toBe(0);
    await connector.disconnect();
  },
);

async function begin(client: RedisClient, random: () => number, listeners: Set<Listener>): Promise<void> {
  const patterns = random() < 0.4;
  const all = patterns ? PATTERNS : NAMES;
  const names = all.filter(() => random() < 0.5);
  if (names.length === 0) return;
  const heard = new Map<string, number>();
  const take = ({ message }: { readonly message: string }) => heard.set(message, (heard.get(message) ?? 0) + 1);
  listeners.add({ names, heard, subscription: await client.subscribe(names, take, { patterns }) });
}

/** When all is quiet, a message on each channel reaches everybody who wants it, and nobody else. */
async function hearsOnce(listeners: ReadonlySet<Listener>, next: () => string): Promise<void> {
  const wanted = new Set([...listeners].flatMap(({ names }) => names));
  await expect
    .poll(async () => {
      const numbers = (await admin.redis.call("PUBSUB", "NUMSUB", ...NAMES)) as (string | number)[];
      const heardOf = NAMES.filter((name) => Number(numbers[numbers.indexOf(name) + 1]) > 0);
      return [heardOf, await admin.redis.call("PUBSUB", "NUMPAT")];
    })
    .toEqual([NAMES.filter((name) => wanted.has(name)), PATTERNS.filter((name) => wanted.has(name)).length]);
  const messages = NAMES.map((name) => [name, next()] as const);
  for (const [name, message] of messages) await admin.redis.publish(name, message);
  for (const { names, heard } of listeners)
    for (const [name, message] of messages) {
      const hears = names.includes(name) || names.includes(`${name.slice(0, 2)}*`);
      await expect.poll(() => heard.get(message) ?? 0).toBe(hears ? 1 : 0);
    }
}

/** The server's connections that are told messages. */
async function ears(): Promise<number> {
  return (await admin.clients()).filter((one) => one.get("sub") !== "0" || one.get("psub") !== "0").length;
}
