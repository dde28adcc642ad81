import fastifyRedis from "@fastify/redis";
import { Queue, QueueEvents, Worker } from "bullmq";
import { RedisStore } from "connect-redis";
import { type SessionData } from "express-session";
import fastify from "fastify";
import { Redis } from "ioredis";
import { once } from "node:events";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { describe, expect, it } from "vitest";
import { redis, type RedisClient, type RedisOptions } from "../src/index.js";
import { ownServer } from "./support.js";

const { server, admin } = await ownServer();
let count = 0;

type RedlockClass = new (
  clients: readonly Redis[],
  options: { retryCount: number },
) => { lock(resource: string, ttl: number): Promise<{ unlock(): Promise<void> }> };

/** A connector of its own, of which nothing may be left on the server afterwards. */
async function withClient(work: (client: RedisClient) => Promise<void>, options: RedisOptions = {}): Promise<void> {
  const name = `library-${++count}`;
  const connector = await redis({ url: server.url, name, ...options }).connect();
  try {
    await work(connector.client);
  } finally {
    await connector.disconnect();
  }
  await expect.poll(() => admin.count(), { timeout: 5_000 }).toBe(0);
}

describe("a real client for libraries", () => {
  it(
    "carries BullMQ: jobs are queued, worked off, and told of; nothing is left open",
    { timeout: 30_000 },
    async () => {
      await withClient(async (client) => {
        const connection = client.ioredis({ maxRetriesPerRequest: null });
        const queue = new Queue<{ n: number }>("sums", { connection });
        queue.setMaxListeners(30); // each wait for a job adds one
        const worker = new Worker<{ n: number }, number>("sums", async ({ data }) => 2 * data.n, {
          connection,
          concurrency: 4,
        });
        const events = new QueueEvents("sums", { connection });
        await Promise.all([queue.waitUntilReady(), worker.waitUntilReady(), events.waitUntilReady()]);
        const jobs = await queue.addBulk(Array.from({ length: 20 }, (_, n) => ({ name: "double", data: { n } })));
        const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10_000)));
        expect(results).toEqual(Array.from({ length: 20 }, (_, n) => 2 * n));
        expect(await queue.getJobCounts("completed")).toEqual({ completed: 20 });
        await Promise.all([queue.close(), events.close(), worker.close()]);
      });
    },
  );

  it("closes what a library has left open, its duplicates among it, when the connector is disconnected", async () => {
    await withClient(async (client) => {
      const connection = client.ioredis({ maxRetriesPerRequest: null });
      const worker = new Worker("left", async () => undefined, { connection });
      worker.on("error", () => undefined);
      await worker.waitUntilReady();
      const duplicate = connection.duplicate({ connectionName: "twin" });
      await duplicate.ping();
      expect(await admin.count("twin")).toBe(1);
      void worker.close(true).catch(() => undefined);
    });
  });

  it("carries @fastify/redis", async () => {
    await withClient(async (client) => {
      const app = fastify();
      await app.register(fastifyRedis, { client: client.ioredis() });
      await app.ready();
      await app.redis.set("greeting", "hello");
      expect(await app.redis.get("greeting")).toBe("hello");
      await app.close();
    });
  });

  it("carries rate-limiter-flexible", async () => {
    await withClient(async (client) => {
      const limiter = new RateLimiterRedis({ storeClient: client.ioredis(), points: 3, duration: 60 });
      for (let n = 0; n < 3; n++) await limiter.consume("somebody");
      await expect(limiter.consume("somebody")).rejects.toMatchObject({ remainingPoints: 0 });
    });
  });

  it("carries connect-redis", async () => {
    await withClient(async (client) => {
      const store = new RedisStore({ client: client.ioredis(), ttl: 60 });
      const session = { cookie: { originalMaxAge: 60_000, maxAge: 60_000 }, user: 7 } as unknown as SessionData;
      for (let n = 0; n < 3; n++) await store.set(`s${n}`, session);
      await store.touch("s0", session);
      expect(await store.get("s0")).toMatchObject({ user: 7 });
      expect(await admin.redis.ttl("sess:s0")).toBeGreaterThan(0);
      await store.destroy("s0");
      expect(await store.get("s0")).toBeNull();
      expect([await store.length(), ((await store.ids()) as string[]).sort()]).toEqual([2, ["s1", "s2"]]);
      await store.clear();
      expect(await store.all()).toEqual([]);
    });
  });

  it("carries redlock", async () => {
    await withClient(async (client) => {
      const Redlock = createRequire(import.meta.url)("redlock") as RedlockClass; // it has no types
      const redlock = new Redlock([client.ioredis()], { retryCount: 0 });
      const lock = await redlock.lock("resource", 5_000);
      await expect(redlock.lock("resource", 5_000)).rejects.toThrow();
      await lock.unlock();
      await (await redlock.lock("resource", 5_000)).unlock();
    });
  });

  it("is an ioredis client that reconnects by itself, sends nothing twice, and shows no password", async () => {
    await withClient(async (client) => {
      const handed = client.ioredis();
      expect(handed).toBeInstanceOf(Redis);
      await handed.set("counted", "0");
      expect(inspect(handed, { depth: 9, showHidden: true })).not.toContain(server.password);
      expect(inspect(handed.options, { depth: 9, showHidden: true })).not.toContain(server.password);
      expect(inspect(handed.condition, { depth: 9 })).not.toContain(server.password);
      expect(JSON.stringify({ handed, options: handed.options })).not.toContain(server.password);
      await server.freeze();
      const settled = Promise.allSettled(Array.from({ length: 20 }, () => handed.incr("counted")));
      await new Promise((done) => setTimeout(done, 50));
      // Taken by the server, and its answers are lost.
      handed.stream.destroy();
      await server.thaw();
      expect((await settled).map(({ status }) => status)).toEqual(Array(20).fill("rejected"));
      await expect.poll(() => handed.status, { timeout: 5_000 }).toBe("ready");
      expect(Number(await handed.get("counted"))).toBeLessThanOrEqual(20);
      expect(await handed.incr("counted")).toBeLessThanOrEqual(21);
    });
  });

  it("goes on waiting for a stream when its connection breaks, since that only reads; what takes is rejected", async () => {
    await withClient(async (client) => {
      const handed = client.ioredis();
      const reading = handed.xread("BLOCK", 0, "STREAMS", "stream", "0");
      const other = handed.duplicate();
      const taking = other.blpop("list", 0);
      await expect.poll(async () => (await admin.clients()).filter((one) => one.get("flags") === "b").length).toBe(2);
      await admin.redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      await expect(taking).rejects.toThrow("Connection is closed.");
      await admin.redis.xadd("stream", "1-1", "a", "b");
      expect(await reading).toEqual([["stream", [["1-1", ["a", "b"]]]]]);
      const left = handed.xread("BLOCK", 0, "STREAMS", "stream", "$");
      await expect.poll(async () => (await admin.clients()).some((one) => one.get("flags") === "b")).toBe(true);
      handed.disconnect();
      await expect(left).rejects.toThrow("Connection is closed.");
    });
  });

  it("is refused after the end, and one that is closed by hand is forgotten", async () => {
    let left: RedisClient | undefined;
    await withClient(async (client) => {
      left = client;
      const handed = client.ioredis();
      await handed.ping();
      const ended = once(handed, "end");
      await handed.quit();
      await ended;
      const idle = client.ioredis({ lazyConnect: true });
      expect(idle.status).toBe("wait");
    });
    expect(() => left?.ioredis()).toThrow(expect.objectContaining({ code: "POOL_CLOSED" }) as Error);
  });

  it("asks for its password each time it connects", async () => {
    await admin.redis.acl("SETUSER", "turning", "on", ">first", "~*", "&*", "+@all");
    let password = "first";
    const asked: boolean[] = [];
    await withClient(
      async (client) => {
        const handed = client.ioredis();
        await handed.ping();
        await admin.redis.acl("SETUSER", "turning", "resetpass", ">second");
        await admin.redis.call("CLIENT", "KILL", "USER", "turning");
        await expect.poll(() => handed.ping().catch(() => undefined), { timeout: 5_000 }).toBe("PONG");
        expect(asked).toContain(true);
      },
      {
        user: "turning",
        password: ({ refresh }) => {
          asked.push(refresh);
          // A cache that is behind, until it is told to look again.
          if (refresh) password = "second";
          return password;
        },
      },
    );
  });

  it("waits for a password no longer than a connect may take, asks again, and tells who waits", async () => {
    let answers = 0;
    const provider = async (): Promise<string> => {
      if (answers++ > 1) return server.password;
      return await new Promise(() => undefined); // for ever
    };
    await withClient(
      async (client) => {
        const handed = client.ioredis();
        expect(await handed.ping()).toBe("PONG");
      },
      { user: "default", password: provider, connectTimeout: 200, lazy: true, minIdle: 0 },
    );
    await withClient(
      async (client) => {
        const failing = client.ioredis({ maxRetriesPerRequest: 1 });
        await expect(failing.ping()).rejects.toThrow("no vault");
        failing.disconnect();
      },
      { password: () => Promise.reject(new Error("no vault")), lazy: true, minIdle: 0 },
    );
  });
});
