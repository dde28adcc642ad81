import { faultProxy, untilEqual, watchSockets } from "@pool/testing";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { redis, type RedisClient, type RedisOptions } from "../../src/index.js";
import { ownServer } from "../support.js";
import { timeOf } from "./harness.js";

const LIMIT = { maxSize: 5, acquireTimeout: 1_000, commandTimeout: 1_000, drainTimeout: 500 } as const;

const { server, admin } = await ownServer();
let count = 0;

/** Has `work` done with a client, closes it while that is in hand, and looks for what is left. */
async function closing(
  work: (client: RedisClient) => unknown,
  wreck?: (proxy: Awaited<ReturnType<typeof faultProxy>>) => unknown,
  options: RedisOptions = {},
): Promise<void> {
  const name = `close-${++count}`;
  await using proxy = await faultProxy({ target: server });
  using sockets = watchSockets(proxy.port);
  const connector = await redis({ url: proxy.url(server.url), name, ...LIMIT, ...options }).connect();
  await work(connector.client);
  await wreck?.(proxy);
  expect(await timeOf(connector.disconnect())).toBeLessThan(5_000);
  expect(connector.isConnected).toBe(false);
  await untilEqual("sockets left", () => sockets.open, 0);
  await proxy.heal();
  await untilEqual("clients left", () => admin.count(name), 0);
}

const ignored = (work: Promise<unknown>): void => void work.catch(() => undefined);

describe.concurrent("close settles within 5 s and leaves nothing", { timeout: 60_000 }, () => {
  it("with a lease that never comes back, and a command that blocks for ever", async () => {
    await closing(async ({ dedicated, commands }) => {
      await dedicated.acquire();
      ignored(commands.blpop("nothing", 0));
      await sleep(50);
    });
  });

  it("with commands in flight and in line, a subscription, a lock and a client that was handed out", async () => {
    await closing(async (client) => {
      await client.subscribe("news", () => undefined);
      await client.lock.acquire(`held-${count}`);
      await client.ioredis().ping();
      for (let n = 0; n < 1_000; n++) ignored(client.commands.incr("n"));
    });
  });

  it("with a peer that is silent, and never answers a FIN", async () => {
    await closing(
      async (client) => {
        await client.subscribe("news", () => undefined);
        await client.dedicated.acquire();
        await client.ioredis().ping();
      },
      (proxy) => proxy.blackHole(),
    );
  });

  it("with connects under way that nobody answers", async () => {
    await closing(
      ({ commands, subscribe }) => {
        for (let n = 0; n < 20; n++) ignored(commands.incr("n"));
        ignored(subscribe("news", () => undefined));
      },
      (proxy) => proxy.hang(),
      { lazy: true, connectTimeout: 10_000 },
    );
  });

  it("finishes what is in hand when there is time for it", async () => {
    const done: unknown[] = [];
    await closing((client) => {
      for (let n = 0; n < 100; n++) void client.commands.echo(`${n}`).then((answer) => done.push(answer));
    });
    expect(done).toHaveLength(100);
  });
});

describe("a process ends by itself", { timeout: 100_000 }, () => {
  const lives = ["working", "silent peer", "idle and not closed"];
  it.concurrent.for(lives)("%s", async (life) => {
    const program = join(import.meta.dirname, "children", "closes.ts");
    const told = await new Promise<string>((resolve, reject) => {
      const given = [...process.execArgv, program, life];
      execFile(process.execPath, given, { timeout: 90_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new Error(error.killed === true ? `did not end by itself: ${stdout}` : stderr, { cause: error }));
      });
    });
    const { closedIn, endedIn } = JSON.parse(told) as { closedIn: number; endedIn: number };
    expect(closedIn).toBeLessThan(5_000);
    expect(endedIn).toBeLessThan(2_000);
  });
});
